using System.Buffers.Binary;
using Gateway.DeviceMaps.Files;
using Gateway.DeviceMaps.Maps;
using Gateway.Drivers.Modbus;
using Gateway.Drivers.Modbus.SunSpec;
using Gateway.Modbus.Client;
using Gateway.Modbus.Pdu;
using Gateway.TestSupport;

namespace Gateway.Drivers.Tests.Modbus;

/// <summary>Devices that say anything where their models should be.</summary>
public sealed class SunSpecFuzzTests
{
    private static readonly int[] Models = [1, 103, 113, 120, 121, 122, 123, 124, 160, 203, 213, 802];

    /// <summary>The walk ends after few requests, and no point is looked for outside of the model that it belongs to.</summary>
    [Fact]
    public async Task Whatever_a_device_says_the_walk_ends_and_points_lie_within_their_models()
    {
        var random = new Random(20261123);
        var device = Load();
        var references = device.Points.Select(point => (Point: point, Reference: SunSpecReference.Parse(point.Settings.Get<string>(SunSpecPointParser.Key), out _)!)).ToList();
        var located = 0;
        for (var round = 0; round < 5_000 * Fuzz.Factor; round++)
        {
            var start = SunSpecChain.BaseAddresses[random.Next(3)];
            var image = MakeImage(random);
            var requests = 0;
            var find = await SunSpecWalk.FindAsync(
                (address, _) =>
                {
                    requests++;
                    return ValueTask.FromResult(Read(image, address - start, random));
                },
                lastBase: 40000,
                CancellationToken.None);

            Assert.InRange(requests, 1, 70);
            foreach (var (point, reference) in references)
            {
                if (find.Chain?.Locate(point, reference, random.Next(2, 126)) is not { } place)
                {
                    continue;
                }

                located++;
                Assert.Contains(find.Chain.Models, each => reference.Ids.Contains(each.Id) && LiesWithin(place, each));
            }
        }

        Assert.True(located > 1000, $"{located} points were located");
    }

    private static bool LiesWithin(ModbusPoint place, SunSpecInstance model)
    {
        var end = model.Address + 2 + model.Length;
        return place.Range.Address >= model.Address && place.Range.End <= end && place.Range.End <= ModbusLimits.TableSize
            && (place.ScaleRegister is not { } scale || (scale >= model.Address && scale < end));
    }

    // A sound chain, damaged; at its end there may be whatever fills the table.
    private static byte[] MakeImage(Random random)
    {
        List<byte> bytes = [0x53, 0x75, 0x6E, 0x53];
        for (var i = random.Next(1, 6); i > 0; i--)
        {
            var id = Models[random.Next(Models.Length)];
            var length = random.Next(4) == 0 ? random.Next(65_536) : SunSpecModels.All[id].Length;
            bytes.AddRange([(byte)(id >> 8), (byte)id, (byte)(length >> 8), (byte)length]);
            var content = new byte[2 * Math.Min(length, 200)];
            random.NextBytes(content);
            bytes.AddRange(content);
        }

        bytes.AddRange([0xFF, 0xFF, 0, 0]);
        return random.Next(2) == 0 ? [.. bytes] : Fuzz.Mutate([.. bytes], random);
    }

    private static RegisterPair Read(byte[] image, int register, Random random)
    {
        if (register < 0 || 2 * register + 4 > image.Length || random.Next(200) == 0)
        {
            var code = random.Next(3) == 0 ? ExceptionCode.ServerDeviceFailure : ExceptionCode.IllegalDataAddress;
            return new RegisterPair(new ModbusAnswer(new ModbusResult(ModbusStatus.Exception, code), null), 0, 0);
        }

        var at = image.AsSpan(2 * register);
        return new RegisterPair(new ModbusAnswer(new ModbusResult(ModbusStatus.Success), null), BinaryPrimitives.ReadUInt16BigEndian(at), BinaryPrimitives.ReadUInt16BigEndian(at[2..]));
    }

    private static Abstractions.Definitions.DeviceDefinition Load()
    {
        var library = new ProfileLibrary(new DiskFiles(), [Path.Combine(Repository.Root, "devicemaps", "library")]);
        var folder = Directory.CreateTempSubdirectory("gateway-sunspec-");
        try
        {
            var map = Path.Combine(folder.FullName, "map.yaml");
            File.WriteAllText(map, "bus: { modbus: tcp, host: 127.0.0.1 }\ndevices: [{ name: pv, profile: sunspec/inverter, unit: 126 }]\n");
            return new MapLoader([new ModbusDriver()], new DiskFiles()).Load([map], library).Buses[0].Devices[0];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
