using System.Runtime.CompilerServices;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Modbus;
using Gateway.Modbus.Client;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Planning;

namespace Gateway.Drivers.Modbus;

/// <summary>How a request ended.</summary>
/// <param name="Result">What the device said, if the line is in order.</param>
/// <param name="LineFault">Why the line is not in order; null if it is.</param>
internal readonly record struct ModbusAnswer(ModbusResult Result, string? LineFault)
{
    public bool IsSuccess => LineFault is null && Result.IsSuccess;

    /// <summary>Why it was not a success, for <see cref="Abstractions.Reading.Reason"/>.</summary>
    public string Reason => LineFault ?? ModbusReasons.Of(Result);

    /// <summary>Whether the device is there, if only to refuse.</summary>
    public bool IsFromDevice => LineFault is null && Result.Status switch
    {
        ModbusStatus.Success => true,
        ModbusStatus.Exception => Result.ExceptionCode is not (ExceptionCode.GatewayPathUnavailable or ExceptionCode.GatewayTargetDeviceFailedToRespond),
        _ => false,
    };

    /// <summary>Whether the device says that it does not have all of the range: exception 2 or 3.</summary>
    public bool IsRangeRefused =>
        LineFault is null && Result is { Status: ModbusStatus.Exception, ExceptionCode: ExceptionCode.IllegalDataAddress or ExceptionCode.IllegalDataValue };
}

/// <summary>
/// The client of one bus with what the map asks of it: pauses, repeats, a connection that went stale opened anew.
/// As many reads at a time as it has buffers; one write, and nothing beside it.
/// </summary>
/// <param name="client">The way to the devices; the line disposes it.</param>
/// <param name="bus">A valid definition.</param>
/// <param name="context">The clock, the log, and where failed requests are counted.</param>
internal sealed class ModbusLine(ModbusClient client, BusDefinition bus, DriverContext context) : IAsyncDisposable
{
    private readonly TimeProvider _timeProvider = context.TimeProvider;
    private readonly TimeSpan _pause = bus.Settings.Get<TimeSpan>("pause");
    private readonly TimeSpan _timeout = bus.Settings.Get<TimeSpan>("timeout");
    private readonly ModbusBuffer _own = new();
    private readonly Stack<ModbusBuffer> _free = new(Enumerable.Range(0, ModbusBusSchema.InFlightOf(bus.Settings)).Select(_ => new ModbusBuffer()));
    private long? _lastAnswer;
    private string? _fault;

    /// <summary>What the last successful read without a buffer of its own brought, and what the next write takes.</summary>
    public Span<ushort> Registers => _own.Registers;

    /// <summary>What the last successful read without a buffer of its own brought, and what the next write takes.</summary>
    public Span<bool> Bits => _own.Bits;

    /// <summary>Takes a buffer for a read; null: as many reads are under way as the map allows.</summary>
    public ModbusBuffer? TryTakeBuffer() => _free.TryPop(out var buffer) ? buffer : null;

    /// <summary>Gives a buffer back when its read has ended.</summary>
    public void GiveBack(ModbusBuffer buffer) => _free.Push(buffer);

    /// <summary>Reads a range into <see cref="Registers"/> or <see cref="Bits"/>, by its table.</summary>
    /// <param name="device">Who is asked.</param>
    /// <param name="range">What is read.</param>
    /// <param name="mayRepeat">Whether a request without a valid answer is repeated, as often as the device's map says.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<ModbusAnswer> ReadAsync(ModbusDevice device, ReadRange range, bool mayRepeat, CancellationToken cancellationToken) =>
        ReadAsync(device, range, _own, mayRepeat, cancellationToken);

    /// <summary>As <see cref="ReadAsync(ModbusDevice, ReadRange, bool, CancellationToken)"/>, into a buffer, beside other reads.</summary>
    public ValueTask<ModbusAnswer> ReadAsync(
        ModbusDevice device, ReadRange range, ModbusBuffer buffer, bool mayRepeat, CancellationToken cancellationToken) =>
        ExecuteAsync(device, range, buffer, null, mayRepeat ? device.Retries : 0, cancellationToken);

    /// <summary>
    /// Writes a range from <see cref="Registers"/> or <see cref="Bits"/>, by its table. With <see cref="ModbusWriteFunction.Mask"/> the first
    /// register holds the bits to set, the second the bits to keep. Values are absolute, so a repeat does no harm.
    /// </summary>
    public ValueTask<ModbusAnswer> WriteAsync(ModbusDevice device, ReadRange range, ModbusWriteFunction function, CancellationToken cancellationToken) =>
        ExecuteAsync(device, range, _own, function, device.Retries, cancellationToken);

    /// <summary>Sends another master's request as it is, once.</summary>
    /// <param name="unit">Whom it is for.</param>
    /// <param name="request">Its PDU.</param>
    /// <param name="response">Takes the answer's PDU.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<(ModbusAnswer Answer, int Length)> RelayAsync(
        ModbusUnit unit, ReadOnlyMemory<byte> request, Memory<byte> response, CancellationToken cancellationToken)
    {
        TellProgress(unit);
        await RestAsync(cancellationToken);
        try
        {
            var (result, length) = await client.SendAsync(unit, request, response, cancellationToken: cancellationToken);
            OnWorks();
            return (new ModbusAnswer(result, null), length);
        }
        catch (ModbusTransportException fault)
        {
            OnFault(fault.Message);
            return (new ModbusAnswer(default, ModbusReasons.Of(fault)), 0);
        }
        finally
        {
            _lastAnswer = _timeProvider.GetTimestamp();
        }
    }

    public ValueTask DisposeAsync() => client.DisposeAsync();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ModbusAnswer> ExecuteAsync(
        ModbusDevice device, ReadRange range, ModbusBuffer buffer, ModbusWriteFunction? write, int retries, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            TellProgress(device.Unit);
            await RestAsync(cancellationToken);
            var mayReopen = client.IsConnected && attempt == 0;
            try
            {
                var result = await SendAsync(device.Unit, range, buffer, write, cancellationToken);
                buffer.Time = _timeProvider.GetUtcNow();
                OnWorks();
                if (!result.IsSuccess)
                {
                    context.Errors.Count(device.Definition.Name, ModbusReasons.Of(result));
                }

                if (result.Status is ModbusStatus.Success or ModbusStatus.Exception || attempt >= retries)
                {
                    return new ModbusAnswer(result, null);
                }
            }
            catch (ModbusTransportException fault)
            {
                // Many devices close a connection that was idle: one that was open is opened anew, once.
                if (!mayReopen)
                {
                    var reason = ModbusReasons.Of(fault);
                    context.Errors.Count(device.Definition.Name, reason);
                    OnFault(fault.Message);
                    buffer.Time = _timeProvider.GetUtcNow();
                    return new ModbusAnswer(default, reason);
                }
            }
            finally
            {
                _lastAnswer = _timeProvider.GetTimestamp();
            }
        }
    }

    private ValueTask<ModbusResult> SendAsync(
        ModbusUnit unit, ReadRange range, ModbusBuffer buffer, ModbusWriteFunction? write, CancellationToken cancellationToken)
    {
        var (table, address, count) = range;
        var (registers, bits) = (buffer.Registers, buffer.Bits);
        return (write, table.HoldsBits()) switch
        {
            (null, true) => client.ReadBitsAsync(unit, table, address, bits.AsMemory(0, count), cancellationToken),
            (null, false) => client.ReadRegistersAsync(unit, table, address, registers.AsMemory(0, count), cancellationToken),
            (ModbusWriteFunction.Mask, _) => client.MaskWriteRegisterAsync(unit, address, andMask: registers[1], orMask: registers[0], cancellationToken),
            (ModbusWriteFunction.Automatic, true) when count == 1 => client.WriteCoilAsync(unit, address, bits[0], cancellationToken),
            (_, true) => client.WriteCoilsAsync(unit, address, bits.AsMemory(0, count), cancellationToken),
            (ModbusWriteFunction.Automatic, false) when count == 1 => client.WriteRegisterAsync(unit, address, registers[0], cancellationToken),
            (_, false) => client.WriteRegistersAsync(unit, address, registers.AsMemory(0, count), cancellationToken),
        };
    }

    // A device that is dead takes its timeout with each request and each repeat: no hang, however long they are together.
    private void TellProgress(ModbusUnit unit) => context.Progress(_pause + (unit.ResponseTimeout ?? _timeout));

    // The reason that is published is one word; what to do about it stands in the log, once and not per attempt.
    private void OnFault(string message)
    {
        if (_fault != message)
        {
            _fault = message;
            Log.LineFailed(context.Logger, bus.Name, message);
        }
    }

    private void OnWorks()
    {
        if (_fault is not null)
        {
            _fault = null;
            Log.LineWorks(context.Logger, bus.Name);
        }
    }

    private ValueTask RestAsync(CancellationToken cancellationToken)
    {
        if (_pause == TimeSpan.Zero || _lastAnswer is not { } last)
        {
            return ValueTask.CompletedTask;
        }

        var left = _pause - _timeProvider.GetElapsedTime(last);
        return left > TimeSpan.Zero ? new ValueTask(Task.Delay(left, _timeProvider, cancellationToken)) : ValueTask.CompletedTask;
    }
}
