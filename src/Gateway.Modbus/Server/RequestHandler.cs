using System.Buffers.Binary;
using Gateway.Modbus.Pdu;
using Microsoft.Extensions.Logging;

namespace Gateway.Modbus.Server;

/// <summary>The buffers of one connection: items on their way between a store and a PDU.</summary>
internal sealed class RequestBuffers
{
    public byte[] ResponsePdu { get; } = new byte[ModbusLimits.MaxPduLength];

    public bool[] Bits { get; } = new bool[ModbusLimits.MaxReadBits];

    public ushort[] Registers { get; } = new ushort[ModbusLimits.MaxReadRegisters];
}

/// <summary>Carries a request PDU out on a unit's data and writes the response PDU.</summary>
internal sealed class RequestHandler(IReadOnlyDictionary<byte, IModbusDataStore> units, ILogger logger)
{
    public bool HasUnit(byte unitId) => units.ContainsKey(unitId);

    /// <summary>
    /// Answers a request for one unit; an unknown unit gets exception 11. Returns the length of the PDU in
    /// <see cref="RequestBuffers.ResponsePdu"/>.
    /// </summary>
    public async ValueTask<int> HandleAsync(
        byte unitId, ReadOnlyMemory<byte> requestPdu, RequestBuffers buffers, CancellationToken cancellationToken)
    {
        var function = requestPdu.Span[0];
        ExceptionCode code;
        try
        {
            code = units.TryGetValue(unitId, out var store)
                ? await ExecuteAsync(store, requestPdu, buffers, cancellationToken)
                : ExceptionCode.GatewayTargetDeviceFailedToRespond;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Log.ServingFailed(logger, e, unitId, function);
            code = ExceptionCode.ServerDeviceFailure;
        }

        return code == ExceptionCode.None
            ? WriteResponse(requestPdu.Span, buffers)
            : ResponseWriter.Exception(buffers.ResponsePdu, function, code);
    }

    /// <summary>Carries a write out on every unit; nobody answers a broadcast.</summary>
    public async ValueTask BroadcastAsync(ReadOnlyMemory<byte> requestPdu, RequestBuffers buffers, CancellationToken cancellationToken)
    {
        if (ResponseReader.IsRead(requestPdu.Span[0]))
            return;
        foreach (var unitId in units.Keys.ToArray())
            await HandleAsync(unitId, requestPdu, buffers, cancellationToken);
    }

    private static ValueTask<ExceptionCode> ExecuteAsync(
        IModbusDataStore store, ReadOnlyMemory<byte> pdu, RequestBuffers buffers, CancellationToken cancellationToken)
    {
        var code = RequestPdu.TryParse(pdu.Span, out var request);
        if (code != ExceptionCode.None)
            return new(code);

        var bits = buffers.Bits.AsMemory(0, request.Count);
        switch (request.Function)
        {
            case FunctionCode.ReadCoils:
                return store.ReadBitsAsync(ModbusTable.Coils, request.Address, bits, cancellationToken);
            case FunctionCode.ReadDiscreteInputs:
                return store.ReadBitsAsync(ModbusTable.DiscreteInputs, request.Address, bits, cancellationToken);
            case FunctionCode.WriteSingleCoil or FunctionCode.WriteMultipleCoils:
                Bits.Unpack(request.Data, bits.Span);
                return store.WriteCoilsAsync(request.Address, bits, cancellationToken);
        }

        var registers = buffers.Registers.AsMemory(0, request.Count);
        switch (request.Function)
        {
            case FunctionCode.ReadHoldingRegisters:
                return store.ReadRegistersAsync(ModbusTable.HoldingRegisters, request.Address, registers, cancellationToken);
            case FunctionCode.ReadInputRegisters:
                return store.ReadRegistersAsync(ModbusTable.InputRegisters, request.Address, registers, cancellationToken);
            default:
                for (var i = 0; i < request.Count; i++)
                    registers.Span[i] = BinaryPrimitives.ReadUInt16BigEndian(request.Data[(2 * i)..]);
                return store.WriteRegistersAsync(request.Address, registers, cancellationToken);
        }
    }

    private static int WriteResponse(ReadOnlySpan<byte> requestPdu, RequestBuffers buffers)
    {
        var function = (FunctionCode)requestPdu[0];
        var count = BinaryPrimitives.ReadUInt16BigEndian(requestPdu[3..]);
        return function switch
        {
            FunctionCode.ReadCoils or FunctionCode.ReadDiscreteInputs =>
                ResponseWriter.ReadBits(buffers.ResponsePdu, function, buffers.Bits.AsSpan(0, count)),
            FunctionCode.ReadHoldingRegisters or FunctionCode.ReadInputRegisters =>
                ResponseWriter.ReadRegisters(buffers.ResponsePdu, function, buffers.Registers.AsSpan(0, count)),
            _ => ResponseWriter.Written(buffers.ResponsePdu, requestPdu),
        };
    }
}
