using System.Buffers.Binary;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;
using Gateway.TestSupport;

namespace Gateway.Modbus.Tests;

/// <summary>What somebody sends who knows the frames: sound ones around nonsense, false lengths and protocols, and bytes that are none.</summary>
internal sealed class MadeUpFrames(ModbusFraming framing, Random random)
{
    private const int HeaderBytes = 7;

    // Requests and answers, MODBUS Application Protocol 1.1b3 §6.
    private static readonly byte[][] Pdus =
    [
        [1, 0, 0, 0, 10], [2, 0, 0, 7, 208], [3, 0, 0, 0, 125], [4, 0, 1, 0, 2], [5, 0, 1, 0xFF, 0], [6, 0, 1, 0, 3], [7], [8, 0, 0, 1, 2], [11], [12],
        [15, 0, 0, 0, 10, 2, 0xCD, 1], [16, 0, 1, 0, 2, 4, 0, 10, 1, 2], [17], [20, 7, 6, 0, 1, 0, 0, 0, 2], [21, 9, 6, 0, 1, 0, 0, 0, 1, 1, 2], [22, 0, 4, 0, 0xF2, 0, 0x25],
        [23, 0, 3, 0, 6, 0, 1, 0, 1, 2, 0, 0xFF], [24, 4, 0xDE], [43, 14, 1, 0], [100, 1, 2, 3],
        [1, 2, 0xCD, 1], [3, 6, 0, 1, 0, 2, 0, 3], [20, 6, 5, 6, 0, 1, 0, 2], [24, 0, 8, 0, 3, 0, 1, 0, 2, 0, 3], [43, 14, 1, 1, 0, 0, 2, 0, 3, 65, 66, 67, 1, 2, 88, 89], [0x83, 2],
    ];

    /// <summary>A PDU of 1 to 253 bytes, sound or not.</summary>
    public byte[] Pdu()
    {
        var pdu = Pdus[random.Next(Pdus.Length)];
        if (random.Next(3) > 0)
            pdu = Fuzz.Mutate(pdu, random);
        if (random.Next(10) == 0)
            pdu = [.. pdu, .. Noise(ModbusLimits.MaxPduLength)];
        return pdu.Length == 0 ? [0] : pdu[..Math.Min(pdu.Length, ModbusLimits.MaxPduLength)];
    }

    /// <summary>A frame whose header or checksum is right, whatever is in it.</summary>
    public byte[] Frame(byte unitId, ushort transactionId, byte[] pdu)
    {
        if (framing == ModbusFraming.Tcp)
        {
            byte[] tcp = [0, 0, 0, 0, 0, 0, unitId, .. pdu];
            BinaryPrimitives.WriteUInt16BigEndian(tcp, transactionId);
            BinaryPrimitives.WriteUInt16BigEndian(tcp.AsSpan(4), (ushort)(pdu.Length + 1));
            return tcp;
        }

        var serial = SerialFraming.Of(framing);
        var frame = new byte[serial.MaxFrameLength];
        return frame[..serial.Write(frame, unitId, pdu)];
    }

    /// <summary>One of all kinds.</summary>
    public byte[] Any() => random.Next(8) switch
    {
        0 => Noise(600),
        1 => [.. Frame(Unit(), Number(), Pdu()), .. Noise(40)],
        2 => [.. Noise(40), .. Frame(Unit(), Number(), Pdu())],
        3 => Broken(),
        _ => Frame(Unit(), Number(), Pdu()),
    };

    /// <summary>A frame that is none: cut off, within another, or with a header that lies.</summary>
    public byte[] Broken()
    {
        var frame = Frame(Unit(), Number(), Pdu());
        if (framing == ModbusFraming.Tcp)
        {
            ushort[] lengths = [0, 1, 2, 3, 254, 255, 256, 0x7FFF, 0x8000, 0xFFFF, (ushort)random.Next(65536)];
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(random.Next(3) == 0 ? 2 : 4), lengths[random.Next(lengths.Length)]);
            return frame;
        }

        return random.Next(3) switch
        {
            0 => frame[..random.Next(frame.Length)],
            1 => [.. frame[..random.Next(frame.Length)], .. Frame(Unit(), Number(), Pdu()), .. frame],

            // The longest that a function may announce, and never comes.
            _ => framing == ModbusFraming.Ascii ? [.. Enumerable.Repeat((byte)':', random.Next(1, 600))] : [.. Enumerable.Repeat((byte)0x10, random.Next(1, 600))],
        };
    }

    /// <summary>Bytes; in ASCII more of those that mean something there.</summary>
    public byte[] Noise(int most)
    {
        var noise = new byte[random.Next(most + 1)];
        random.NextBytes(noise);
        for (var i = 0; framing == ModbusFraming.Ascii && i < noise.Length; i++)
            noise[i] = random.Next(4) == 0 ? noise[i] : ":\r\n0123456789ABCDEFabcdef"u8[random.Next(25)];
        return noise;
    }

    /// <summary>Cuts bytes into pieces of any length.</summary>
    public IEnumerable<byte[]> Split(byte[] bytes)
    {
        for (var start = 0; start < bytes.Length;)
        {
            var count = random.Next(3) switch { 0 => 1, 1 => random.Next(1, HeaderBytes + 2), _ => random.Next(1, bytes.Length - start + 1) };
            count = Math.Min(count, bytes.Length - start);
            yield return bytes[start..(start + count)];
            start += count;
        }
    }

    // Mostly the one that is there.
    private byte Unit() => random.Next(4) == 0 ? (byte)random.Next(256) : (byte)1;

    private ushort Number() => (ushort)random.Next(65536);
}
