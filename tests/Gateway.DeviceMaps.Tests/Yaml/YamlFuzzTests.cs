using System.Text;
using Gateway.DeviceMaps.Maps;
using Gateway.Drivers;
using Gateway.TestSupport;

namespace Gateway.DeviceMaps.Tests.Yaml;

/// <summary>Maps, damaged.</summary>
public sealed class YamlFuzzTests
{
    /// <summary>Whatever is done to a map, it is read or refused with a place inside the file, and nothing throws.</summary>
    [Fact]
    public void Mutilated_maps_are_read_or_refused()
    {
        var seeds = BrokenCase.Names.Select(name => Path.Combine(BrokenCase.Read(name).Folder, BrokenCase.Read(name).Arguments[0])).Select(File.ReadAllText).Where(text => text.Length < 2000).ToArray();
        var random = new Random(20260101);
        const string Spice = "{}[]:,-#&*!|>'\"%@`?\t\n ~<=\\x0";
        for (var round = 0; round < 1500 * Fuzz.Factor; round++)
        {
            var text = new StringBuilder(seeds[random.Next(seeds.Length)]);
            for (var edits = random.Next(1, 6); edits > 0 && text.Length > 1; edits--)
            {
                var at = random.Next(text.Length);
                _ = random.Next(3) switch
                {
                    0 => text.Insert(at, Spice[random.Next(Spice.Length)]),
                    1 => text.Remove(at, Math.Min(random.Next(1, 8), text.Length - at)),
                    _ => text.Replace(text[at], Spice[random.Next(Spice.Length)], at, 1),
                };
            }

            var yaml = text.ToString();
            var result = new MapLoader(DriverCatalog.Create(), new MemoryFiles { ["m.yaml"] = yaml }).Load(["m.yaml"], new ProfileLibrary(new MemoryFiles(), []));
            var lines = yaml.ReplaceLineEndings("\n").Split('\n').Length;
            Assert.All(result.Diagnostics, diagnostic => Assert.True(diagnostic.Location.Line <= lines && !diagnostic.Message.EndsWith('.'), $"{diagnostic}\n{yaml}"));
        }
    }
}
