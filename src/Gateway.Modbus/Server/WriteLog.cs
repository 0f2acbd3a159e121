using System.Buffers.Binary;
using Gateway.Modbus.Pdu;
using Microsoft.Extensions.Logging;

namespace Gateway.Modbus.Server;

/// <summary>
/// Tells who wrote what. A master that writes the same again and again, as many do each second, is told of once: what was written is remembered for
/// some places, and all are forgotten where they become too many. Not thread-safe.
/// </summary>
internal sealed class WriteLog(ILogger logger)
{
    private const int MaxPlaces = 64;
    private const byte ReadDeviceIdentification = 14; // the MEI type, §6.21
    private const ushort FirstCounter = 10; // of the sub-functions of function 8, §6.8: with 0, an echo, the ones that change nothing
    private const ushort LastCounter = 18;

    private readonly Dictionary<(string? Client, byte Unit, string What), byte[]> _written = [];

    /// <summary>Tells of a request that was carried out, if it writes.</summary>
    public void Note(ModbusRequest request)
    {
        var pdu = request.Pdu.Span;
        if (WhatIsWritten(pdu) is not { } what)
            return;

        var place = (request.Peer?.Name, request.UnitId, what);
        if (_written.TryGetValue(place, out var last) && pdu.SequenceEqual(last))
            return;

        if (_written.Count >= MaxPlaces && !_written.ContainsKey(place))
            _written.Clear();
        _written[place] = pdu.ToArray();
        Log.ClientWrote(logger, request.Peer?.Name ?? "?", request.UnitId, what, Convert.ToHexString(pdu));
    }

    // What a function of somebody else does is not known, and it may write.
    private static string? WhatIsWritten(ReadOnlySpan<byte> pdu)
    {
        var function = (FunctionCode)pdu[0];
        switch (function)
        {
            case FunctionCode.WriteSingleCoil or FunctionCode.WriteMultipleCoils when pdu.Length >= 5:
                return Describe("coils", pdu[1..], function == FunctionCode.WriteMultipleCoils);
            case FunctionCode.WriteSingleRegister or FunctionCode.MaskWriteRegister or FunctionCode.WriteMultipleRegisters when pdu.Length >= 5:
                return Describe("holding registers", pdu[1..], function == FunctionCode.WriteMultipleRegisters);
            case FunctionCode.ReadWriteMultipleRegisters when pdu.Length >= 9:
                return Describe("holding registers", pdu[5..], hasCount: true);
            case FunctionCode.Diagnostics when pdu.Length >= 3 && BinaryPrimitives.ReadUInt16BigEndian(pdu[1..]) is 0 or (> FirstCounter and <= LastCounter):
            case FunctionCode.EncapsulatedInterface when pdu is [_, ReadDeviceIdentification, ..]:
            case FunctionCode.ReadCoils or FunctionCode.ReadDiscreteInputs or FunctionCode.ReadHoldingRegisters or FunctionCode.ReadInputRegisters:
            case FunctionCode.ReadExceptionStatus or FunctionCode.ReportServerId or FunctionCode.ReadFileRecord or FunctionCode.ReadFifoQueue:
            case FunctionCode.GetCommEventCounter or FunctionCode.GetCommEventLog:
                return null;
            default:
                return $"function {pdu[0]}";
        }
    }

    private static string Describe(string table, ReadOnlySpan<byte> place, bool hasCount)
    {
        var first = BinaryPrimitives.ReadUInt16BigEndian(place);
        var last = hasCount ? first + BinaryPrimitives.ReadUInt16BigEndian(place[2..]) - 1 : first;
        return last == first ? $"{table} {first}" : $"{table} {first} to {last}";
    }
}
