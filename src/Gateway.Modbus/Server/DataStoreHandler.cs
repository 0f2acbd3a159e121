using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Gateway.Modbus.Pdu;
using Gateway.Shared;
using Microsoft.Extensions.Logging;

namespace Gateway.Modbus.Server;

/// <summary>Answers requests from the data of units.</summary>
internal sealed class DataStoreHandler(
    IReadOnlyDictionary<byte, IModbusDataStore> units, ServerDiagnostics diagnostics, TimeProvider time, ILogger logger) : IModbusRequestHandler
{
    private readonly LogPace _failures = new(time);

    public ValueTask<int> HandleAsync(ModbusRequest request, Memory<byte> responsePdu, CancellationToken cancellationToken)
    {
        if (request.IsBroadcast)
            return BroadcastAsync(request.Pdu, responsePdu, cancellationToken);
        return units.TryGetValue(request.UnitId, out var store)
            ? AnswerAsync(store, request.UnitId, request.Pdu, responsePdu, cancellationToken)
            : new(0);
    }

    /// <summary>Carries a write out on every unit; a read to all has no meaning.</summary>
    private async ValueTask<int> BroadcastAsync(ReadOnlyMemory<byte> requestPdu, Memory<byte> responsePdu, CancellationToken cancellationToken)
    {
        if (ResponseReader.IsRead(requestPdu.Span[0]))
            return 0;
        foreach (var (unitId, store) in units.ToArray())
            await AnswerAsync(store, unitId, requestPdu, responsePdu, cancellationToken);
        return 0;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> AnswerAsync(
        IModbusDataStore store, byte unitId, ReadOnlyMemory<byte> requestPdu, Memory<byte> responsePdu, CancellationToken cancellationToken)
    {
        var function = requestPdu.Span[0];
        var bits = ArrayPool<bool>.Shared.Rent(ModbusLimits.MaxReadBits);
        var registers = ArrayPool<ushort>.Shared.Rent(ModbusLimits.MaxReadRegisters);
        try
        {
            var code = RequestPdu.TryParse(requestPdu.Span, out var request);
            if (function == (byte)FunctionCode.Diagnostics)
                return diagnostics.Answer(unitId, requestPdu.Span, responsePdu.Span);
            if (code == ExceptionCode.IllegalFunction)
                return await FurtherFunctions.AnswerAsync(store, requestPdu, responsePdu, registers, cancellationToken);
            if (code == ExceptionCode.None)
                code = await ExecuteAsync(store, request, bits, registers, cancellationToken);
            return code == ExceptionCode.None
                ? WriteResponse(requestPdu.Span, responsePdu.Span, bits, registers)
                : ResponseWriter.Exception(responsePdu.Span, function, code);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            if (_failures.TryTake(out var more))
                Log.ServingFailed(logger, e, unitId, function, more);
            return ResponseWriter.Exception(responsePdu.Span, function, ExceptionCode.ServerDeviceFailure);
        }
        finally
        {
            ArrayPool<bool>.Shared.Return(bits);
            ArrayPool<ushort>.Shared.Return(registers);
        }
    }

    private static ValueTask<ExceptionCode> ExecuteAsync(
        IModbusDataStore store, RequestPdu request, Memory<bool> bits, Memory<ushort> registers, CancellationToken cancellationToken)
    {
        switch (request.Function)
        {
            case FunctionCode.ReadCoils:
                return store.ReadBitsAsync(ModbusTable.Coils, request.Address, bits[..request.Count], cancellationToken);
            case FunctionCode.ReadDiscreteInputs:
                return store.ReadBitsAsync(ModbusTable.DiscreteInputs, request.Address, bits[..request.Count], cancellationToken);
            case FunctionCode.ReadHoldingRegisters:
                return store.ReadRegistersAsync(ModbusTable.HoldingRegisters, request.Address, registers[..request.Count], cancellationToken);
            case FunctionCode.ReadInputRegisters:
                return store.ReadRegistersAsync(ModbusTable.InputRegisters, request.Address, registers[..request.Count], cancellationToken);
            case FunctionCode.WriteSingleCoil or FunctionCode.WriteMultipleCoils:
                Bits.Unpack(request.Data, bits.Span[..request.Count]);
                return store.WriteCoilsAsync(request.Address, bits[..request.Count], cancellationToken);
            default:
                Registers.Unpack(request.Data, registers.Span[..request.Count]);
                return store.WriteRegistersAsync(request.Address, registers[..request.Count], cancellationToken);
        }
    }

    private static int WriteResponse(ReadOnlySpan<byte> requestPdu, Span<byte> responsePdu, bool[] bits, ushort[] registers)
    {
        var function = (FunctionCode)requestPdu[0];
        var count = BinaryPrimitives.ReadUInt16BigEndian(requestPdu[3..]);
        return function switch
        {
            FunctionCode.ReadCoils or FunctionCode.ReadDiscreteInputs => ResponseWriter.ReadBits(responsePdu, function, bits.AsSpan(0, count)),
            FunctionCode.ReadHoldingRegisters or FunctionCode.ReadInputRegisters =>
                ResponseWriter.ReadRegisters(responsePdu, function, registers.AsSpan(0, count)),
            _ => ResponseWriter.Echo(responsePdu, requestPdu[..5]),
        };
    }
}
