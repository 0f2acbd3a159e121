using System.Runtime.CompilerServices;
using Gateway.Modbus;
using Gateway.Modbus.Client;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Planning;
using Microsoft.Extensions.Logging;

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
/// One request at a time.
/// </summary>
internal sealed class ModbusLine(ModbusClient client, TimeSpan pause, TimeProvider timeProvider, ILogger logger) : IAsyncDisposable
{
    private readonly ushort[] _registers = new ushort[ModbusLimits.MaxReadRegisters];
    private readonly bool[] _bits = new bool[ModbusLimits.MaxReadBits];
    private long? _lastAnswer;
    private string? _fault;

    /// <summary>What the last successful read brought, and what the next write takes.</summary>
    public Span<ushort> Registers => _registers;

    /// <summary>What the last successful read brought, and what the next write takes.</summary>
    public Span<bool> Bits => _bits;

    /// <summary>Reads a range into <see cref="Registers"/> or <see cref="Bits"/>, by its table.</summary>
    public ValueTask<ModbusAnswer> ReadAsync(ModbusUnit unit, ReadRange range, int retries, CancellationToken cancellationToken) =>
        ExecuteAsync(unit, range, Access.Read, retries, cancellationToken);

    /// <summary>
    /// Writes a range from <see cref="Registers"/> or <see cref="Bits"/>, by its table: functions 5 and 6 for one, 15 and 16 for more,
    /// and for one too if <paramref name="isMultiple"/>. Values are absolute, so a repeat does no harm.
    /// </summary>
    public ValueTask<ModbusAnswer> WriteAsync(ModbusUnit unit, ReadRange range, bool isMultiple, int retries, CancellationToken cancellationToken) =>
        ExecuteAsync(unit, range, isMultiple ? Access.WriteMultiple : Access.Write, retries, cancellationToken);

    public ValueTask DisposeAsync() => client.DisposeAsync();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ModbusAnswer> ExecuteAsync(
        ModbusUnit unit, ReadRange range, Access access, int retries, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            await RestAsync(cancellationToken);
            var mayReopen = client.IsConnected && attempt == 0;
            try
            {
                var result = await SendAsync(unit, range, access, cancellationToken);
                OnWorks();
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
                    OnFault(fault.Message);
                    return new ModbusAnswer(default, ModbusReasons.Of(fault));
                }
            }
            finally
            {
                _lastAnswer = timeProvider.GetTimestamp();
            }
        }
    }

    private ValueTask<ModbusResult> SendAsync(ModbusUnit unit, ReadRange range, Access access, CancellationToken cancellationToken)
    {
        var (table, address, count) = range;
        return (access, table.HoldsBits()) switch
        {
            (Access.Read, true) => client.ReadBitsAsync(unit, table, address, _bits.AsMemory(0, count), cancellationToken),
            (Access.Read, false) => client.ReadRegistersAsync(unit, table, address, _registers.AsMemory(0, count), cancellationToken),
            (Access.Write, true) when count == 1 => client.WriteCoilAsync(unit, address, _bits[0], cancellationToken),
            (_, true) => client.WriteCoilsAsync(unit, address, _bits.AsMemory(0, count), cancellationToken),
            (Access.Write, false) when count == 1 => client.WriteRegisterAsync(unit, address, _registers[0], cancellationToken),
            (_, false) => client.WriteRegistersAsync(unit, address, _registers.AsMemory(0, count), cancellationToken),
        };
    }

    private enum Access
    {
        Read,
        Write,
        WriteMultiple,
    }

    // The reason that is published is one word; what to do about it stands in the log, once and not per attempt.
    private void OnFault(string message)
    {
        if (_fault != message)
        {
            _fault = message;
            Log.LineFailed(logger, message);
        }
    }

    private void OnWorks()
    {
        if (_fault is not null)
        {
            _fault = null;
            Log.LineWorks(logger);
        }
    }

    private ValueTask RestAsync(CancellationToken cancellationToken)
    {
        if (pause == TimeSpan.Zero || _lastAnswer is not { } last)
        {
            return ValueTask.CompletedTask;
        }

        var left = pause - timeProvider.GetElapsedTime(last);
        return left > TimeSpan.Zero ? new ValueTask(Task.Delay(left, timeProvider, cancellationToken)) : ValueTask.CompletedTask;
    }
}
