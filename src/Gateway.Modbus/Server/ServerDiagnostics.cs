using System.Buffers.Binary;
using Gateway.Modbus.Pdu;

namespace Gateway.Modbus.Server;

/// <summary>
/// What a server counts of its line and of its units, and function 8, which tells and clears it. §6.8. Every unit clears for itself,
/// as if it were alone; the request that asks is counted already. Faults that are made on purpose are not in the counts. Of several
/// devices on an RTU line the answers of the others may count as communication errors. Thread-safe.
/// </summary>
internal sealed class ServerDiagnostics
{
    private const ushort RestartAndClearLog = 0xFF00;

    private readonly UnitCounts[] _units = new UnitCounts[byte.MaxValue + 1];
    private int _messages;
    private int _communicationErrors;
    private int _broadcasts;

    // The numbers of the standard. Not here, and refused: 3, an ASCII line's delimiter; 4, which would silence the unit until somebody
    // restarts it; 16 to 18 and 20, as a unit here is never busy and its stream does not tell of characters lost.
    private enum SubFunction : ushort
    {
        ReturnQueryData = 0,
        RestartCommunications = 1,
        ReturnDiagnosticRegister = (ushort)DiagnosticCounter.DiagnosticRegister,
        ClearCounters = 10,
        BusMessageCount = (ushort)DiagnosticCounter.BusMessages,
        BusCommunicationErrorCount = (ushort)DiagnosticCounter.BusCommunicationErrors,
        BusExceptionErrorCount = (ushort)DiagnosticCounter.BusExceptions,
        ServerMessageCount = (ushort)DiagnosticCounter.ServerMessages,
        ServerNoResponseCount = (ushort)DiagnosticCounter.ServerNoResponses,
    }

    /// <summary>A request came.</summary>
    public void CountMessage(byte unitId, bool isBroadcast)
    {
        Interlocked.Increment(ref _messages);
        Interlocked.Increment(ref isBroadcast ? ref _broadcasts : ref _units[unitId].Messages);
    }

    /// <summary>Something came that is no frame, or one with a wrong checksum.</summary>
    public void CountCommunicationError() => Interlocked.Increment(ref _communicationErrors);

    /// <summary>A unit answered with an exception.</summary>
    public void CountException(byte unitId) => Interlocked.Increment(ref _units[unitId].Exceptions);

    /// <summary>Answers a request of function 8.</summary>
    public int Answer(byte unitId, ReadOnlySpan<byte> request, Span<byte> response)
    {
        const int headLength = 3;
        if (request.Length < headLength + sizeof(ushort))
            return ResponseWriter.Exception(response, request[0], ExceptionCode.IllegalDataValue);

        var subFunction = (SubFunction)BinaryPrimitives.ReadUInt16BigEndian(request[1..]);
        if (!Enum.IsDefined(subFunction))
            return ResponseWriter.Exception(response, request[0], ExceptionCode.IllegalFunction);

        var data = BinaryPrimitives.ReadUInt16BigEndian(request[headLength..]);
        var length = ResponseWriter.Echo(response, request);
        if (subFunction == SubFunction.ReturnQueryData)
            return length;
        if (length > headLength + sizeof(ushort) || (data != 0 && (subFunction, data) != (SubFunction.RestartCommunications, RestartAndClearLog)))
            return ResponseWriter.Exception(response, request[0], ExceptionCode.IllegalDataValue);

        if (subFunction is SubFunction.RestartCommunications or SubFunction.ClearCounters)
            Clear(ref _units[unitId]);
        else
            BinaryPrimitives.WriteUInt16BigEndian(response[headLength..], Read(subFunction, in _units[unitId]));
        return length;
    }

    private void Clear(ref UnitCounts unit) => unit = new()
    {
        MessagesBefore = _messages,
        CommunicationErrorsBefore = _communicationErrors,
        BroadcastsBefore = _broadcasts,
    };

    private ushort Read(SubFunction subFunction, in UnitCounts unit) => unchecked((ushort)(subFunction switch
    {
        SubFunction.BusMessageCount => _messages - unit.MessagesBefore,
        SubFunction.BusCommunicationErrorCount => _communicationErrors - unit.CommunicationErrorsBefore,
        SubFunction.BusExceptionErrorCount => unit.Exceptions,
        SubFunction.ServerMessageCount => unit.Messages + _broadcasts - unit.BroadcastsBefore,
        // A unit that is there answers whatever is for it alone.
        SubFunction.ServerNoResponseCount => _broadcasts - unit.BroadcastsBefore,
        _ => 0, // the diagnostic register, of which no bit is used
    }));

    private struct UnitCounts
    {
        public int Messages;
        public int Exceptions;
        public int MessagesBefore;
        public int CommunicationErrorsBefore;
        public int BroadcastsBefore;
    }
}
