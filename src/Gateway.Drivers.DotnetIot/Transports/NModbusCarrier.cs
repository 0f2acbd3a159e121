using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using NModbus;
using NModbus.Utility;

namespace Gateway.Drivers.DotnetIot.Transports;

/// <summary>Carries requests by NModbus, which blocks: one at a time, on the thread of its stream.</summary>
internal abstract class NModbusCarrier : IDisposable
{
    /// <summary>Modbus Application Protocol 1.1b3 §7: the function code of an exception response has its highest bit set.</summary>
    protected const byte ExceptionBit = 0x80;

    /// <summary>Answers to requests that were given up are skipped, if they are no further behind.</summary>
    private const uint MaxLateAnswers = 1000;

    /// <param name="master">NModbus' master, which is disposed with this.</param>
    protected NModbusCarrier(IModbusMaster master)
    {
        Master = master;
        master.Transport.Retries = 0; // the gateway repeats by itself
        master.Transport.SlaveBusyUsesRetryCount = true;
        master.Transport.RetryOnOldResponseThreshold = MaxLateAnswers;
    }

    protected IModbusMaster Master { get; }

    /// <summary>How long a device may take to answer.</summary>
    public void SetTimeout(TimeSpan timeout)
    {
        Master.Transport.ReadTimeout = (int)timeout.TotalMilliseconds;
        Master.Transport.WriteTimeout = (int)timeout.TotalMilliseconds;
    }

    /// <summary>Cuts the first request off what was written.</summary>
    /// <param name="written">What was written and not cut off yet.</param>
    /// <param name="adu">The request.</param>
    /// <exception cref="IOException">What was written is no request.</exception>
    public abstract bool TryCut(ref ReadOnlyMemory<byte> written, [NotNullWhen(true)] out byte[]? adu);

    /// <summary>Carries one request.</summary>
    /// <returns>The answer; null if there is none to come.</returns>
    /// <exception cref="TimeoutException">There was none in time.</exception>
    /// <exception cref="IOException">The connection failed.</exception>
    public abstract byte[]? Carry(byte[] adu);

    public void Dispose() => Master.Dispose();

    /// <summary>Unit and PDU of the answer; a device's refusal is one.</summary>
    protected byte[] Ask<TAnswer>(byte[] request)
        where TAnswer : RawMessage, new()
    {
        var message = new RawMessage();
        message.Initialize(request);
        try
        {
            return Master.Transport.UnicastMessage<TAnswer>(message).MessageFrame;
        }
        catch (SlaveException refusal)
        {
            return [request[0], (byte)(request[1] | ExceptionBit), refusal.SlaveExceptionCode];
        }
    }
}

/// <summary>MBAP header and PDU. Modbus Messaging on TCP/IP 1.0b §3.1.3.</summary>
internal sealed class NModbusTcpCarrier(IModbusMaster master) : NModbusCarrier(master)
{
    private const int LengthOffset = 4;
    private const int UnitOffset = 6;
    private const int LongestPdu = 253;

    public override bool TryCut(ref ReadOnlyMemory<byte> written, [NotNullWhen(true)] out byte[]? adu)
    {
        adu = null;
        if (written.Length < UnitOffset)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt16BigEndian(written.Span[LengthOffset..]);
        if (length is < 2 or > LongestPdu + 1)
        {
            throw new IOException($"A request for NModbus says that it has {length} bytes.");
        }

        if (written.Length < UnitOffset + length)
        {
            return false;
        }

        adu = written[..(UnitOffset + length)].ToArray();
        written = written[(UnitOffset + length)..];
        return true;
    }

    public override byte[] Carry(byte[] adu)
    {
        // NModbus counts transactions by itself: the gateway's number goes into the answer.
        var answer = Ask<RawMessage>(adu[UnitOffset..]);
        byte[] carried = [adu[0], adu[1], 0, 0, 0, 0, .. answer];
        BinaryPrimitives.WriteUInt16BigEndian(carried.AsSpan(LengthOffset), (ushort)answer.Length);
        return carried;
    }
}

/// <summary>Unit, PDU and checksum. Modbus over Serial Line 1.02 §2.5.1; the gateway writes a frame at once.</summary>
/// <param name="master">NModbus' master.</param>
/// <param name="functions">Knows the functions whose answers NModbus can find the end of.</param>
internal sealed class NModbusRtuCarrier(IModbusMaster master, IModbusFactory functions) : NModbusCarrier(master)
{
    private const byte Broadcast = 0;
    private const byte IllegalFunction = 1;
    private const int ShortestFrame = 4;
    private const int ChecksumLength = 2;

    public override bool TryCut(ref ReadOnlyMemory<byte> written, [NotNullWhen(true)] out byte[]? adu)
    {
        if (written.Length < ShortestFrame)
        {
            adu = null;
            return written.IsEmpty ? false : throw new IOException($"A request of {written.Length} bytes is no frame.");
        }

        adu = written.ToArray();
        written = default;
        return true;
    }

    public override byte[]? Carry(byte[] adu)
    {
        var request = adu[..^ChecksumLength];
        if (request[0] == Broadcast)
        {
            var message = new RawMessage();
            message.Initialize(request);
            Master.Transport.Write(message);
            return null;
        }

        byte[] answer = functions.GetFunctionService(request[1]) is null
            ? [request[0], (byte)(request[1] | ExceptionBit), IllegalFunction]
            : Ask<RawSerialAnswer>(request);
        return [.. answer, .. ModbusUtility.CalculateCrc(answer)];
    }
}
