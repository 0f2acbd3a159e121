using Gateway.Hosting;

namespace Gateway.Tests.Hosting;

public sealed class InstanceLockTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void KeepsASecondServiceAway()
    {
        var data = Path.Combine(_folder.FullName, "new", "data");
        using (InstanceLock.Take(data))
        {
            var refused = Assert.Throws<DataFolderException>(() => InstanceLock.Take(data));
            Assert.Equal(
                $"another gateway uses the data folder {data}: stop that one, or give this one its own with 'data:' in gateway.yaml", refused.Message);
        }

        InstanceLock.Take(data).Dispose();
    }

    [Fact]
    public void SaysWhatToDoWhereThereCanBeNoFolder()
    {
        var file = Path.Combine(_folder.FullName, "file");
        File.WriteAllText(file, "");

        var refused = Assert.Throws<DataFolderException>(() => InstanceLock.Take(Path.Combine(file, "data")));

        Assert.Contains("cannot be made", refused.Message, StringComparison.Ordinal);
        Assert.EndsWith("name another one with 'data:' in gateway.yaml", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AServiceGoesOnWhereThereCanBeNoFolderButNotBesideAnother()
    {
        var file = Path.Combine(_folder.FullName, "file");
        File.WriteAllText(file, "");
        InstanceLock.TakeWhateverTheDisk(Path.Combine(file, "data"), out var trouble).Dispose();
        Assert.Contains("cannot be made", trouble, StringComparison.Ordinal);

        using (InstanceLock.TakeWhateverTheDisk(_folder.FullName, out trouble))
        {
            Assert.Null(trouble);
            var refused = Assert.Throws<DataFolderException>(() => InstanceLock.TakeWhateverTheDisk(_folder.FullName, out _));
            Assert.StartsWith("another gateway uses", refused.Message, StringComparison.Ordinal);
        }
    }
}
