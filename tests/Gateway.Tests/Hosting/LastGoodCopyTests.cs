using Gateway.Hosting;

namespace Gateway.Tests.Hosting;

public sealed class LastGoodCopyTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-");
    private readonly LastGoodCopy _copy;
    private readonly string _data;
    private readonly string _configuration;
    private readonly string _maps;

    public LastGoodCopyTests()
    {
        _data = Path.Combine(_folder.FullName, "data");
        _configuration = Path.Combine(_folder.FullName, "gateway.yaml");
        _copy = new LastGoodCopy(_data, _configuration, "0.1.0");
        _maps = Path.Combine(_folder.FullName, "devicemaps");
        Directory.CreateDirectory(_maps);
        File.WriteAllText(_configuration, "site: plant1\n");
        File.WriteAllText(Path.Combine(_maps, "boiler.yaml"), "bus: {}\n");
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void IsReadAsIfItWereTheOriginals()
    {
        Assert.Empty(_copy.Kept);
        _copy.Save(ReadAll());
        File.WriteAllText(_configuration, "broken");
        File.WriteAllText(Path.Combine(_maps, "new.yaml"), "broken");

        var files = _copy.Kept.Single().Files;

        Assert.Equal("site: plant1\n", Text(files.OpenRead(_configuration)));
        Assert.True(files.IsFolder(_maps));
        Assert.Equal(["boiler.yaml"], files.ListFiles(_maps));
        Assert.False(files.IsFile(Path.Combine(_maps, "new.yaml")));
        Assert.False(files.IsFolder(Path.Combine(_maps, "library")));
    }

    [Fact]
    public void AChangeReplacesItAndNoChangeWritesNothing()
    {
        _copy.Save(ReadAll());
        var copied = SnapshotFiles.Locate(Path.Combine(_data, "last-good"), _configuration);
        File.SetLastWriteTimeUtc(copied, DateTime.UnixEpoch);

        _copy.Save(ReadAll());
        Assert.Equal(DateTime.UnixEpoch, File.GetLastWriteTimeUtc(copied));

        File.WriteAllText(_configuration, "site: plant2\n");
        _copy.Save(ReadAll());
        Assert.Equal("site: plant2\n", Text(_copy.Kept.First().Files.OpenRead(_configuration)));
        Assert.Equal(["last-good"], Directory.GetDirectories(_data).Select(Path.GetFileName));
    }

    [Fact]
    public void APowerCutBetweenTheRenamesLeavesTheOldOne()
    {
        _copy.Save(ReadAll());
        Directory.Move(Path.Combine(_data, "last-good"), Path.Combine(_data, "last-good.old"));
        Directory.CreateDirectory(Path.Combine(_data, "last-good.new"));

        Assert.Equal("site: plant1\n", Text(_copy.Kept.First().Files.OpenRead(_configuration)));
        File.WriteAllText(_configuration, "site: plant2\n");
        _copy.Save(ReadAll());
        Assert.Equal("site: plant2\n", Text(_copy.Kept.First().Files.OpenRead(_configuration)));
        Assert.Equal(["last-good"], Directory.GetDirectories(_data).Select(Path.GetFileName));
    }

    [Fact]
    public void SecretsStayWhereTheyAre()
    {
        var secret = Path.Combine(_folder.FullName, "uplink.password");
        File.WriteAllText(secret, "old");
        var read = ReadAll();
        Assert.Equal("old", Text(read.OpenRead(secret)));
        _copy.Save(read);
        File.WriteAllText(secret, "new");

        Assert.DoesNotContain(secret, read.Files.Keys);
        Assert.Equal("new", Text(_copy.Kept.First().Files.OpenRead(secret)));
    }

    [Fact]
    public void What_another_version_took_up_stays_beside_the_newest()
    {
        var next = new LastGoodCopy(_data, _configuration, "0.2.0");
        _copy.Save(ReadAll());
        next.Save(ReadAll());
        File.WriteAllText(_configuration, "site: plant1\nof-a-newer-one: 1\n");
        next.Save(ReadAll());
        next.Save(ReadAll());

        Assert.Equal(["0.2.0", "0.1.0"], _copy.Kept.Select(kept => kept.Version));
        Assert.Equal(["site: plant1\nof-a-newer-one: 1\n", "site: plant1\n"], _copy.Kept.Select(kept => Text(kept.Files.OpenRead(_configuration))));
        Assert.Equal("0.2.0", _copy.FindOtherVersion(ReadAll()));
        Assert.Null(next.FindOtherVersion(ReadAll()));

        File.WriteAllText(_configuration, "site: plant2\n");
        Assert.Null(_copy.FindOtherVersion(ReadAll()));
        _copy.Save(ReadAll());
        Assert.Equal(["0.1.0", "0.2.0"], _copy.Kept.Select(kept => kept.Version));
        Assert.Equal(["last-good", "last-good.before"], Directory.GetDirectories(_data).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void APowerCutBeforeTheOtherVersionsIsPutAsideLosesNeither()
    {
        var next = new LastGoodCopy(_data, _configuration, "0.2.0");
        _copy.Save(ReadAll());
        next.Save(ReadAll());
        Directory.Move(Path.Combine(_data, "last-good.before"), Path.Combine(_data, "last-good.old"));

        Assert.Equal(["0.2.0", "0.1.0"], next.Kept.Select(kept => kept.Version));
        next.Save(ReadAll());
        Assert.Equal(["last-good", "last-good.before"], Directory.GetDirectories(_data).Select(Path.GetFileName).Order());
        Assert.Equal(["0.2.0", "0.1.0"], next.Kept.Select(kept => kept.Version));
    }

    private static string Text(Stream stream)
    {
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private RecordingFiles ReadAll()
    {
        var files = new RecordingFiles(_configuration);
        files.OpenRead(_configuration).Dispose();
        Assert.True(files.IsFolder(_maps));
        foreach (var map in files.ListFiles(_maps))
        {
            files.OpenRead(Path.Combine(_maps, map)).Dispose();
        }

        return files;
    }
}
