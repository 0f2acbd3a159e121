using System.Runtime.CompilerServices;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Modbus.Client;

/// <summary>
/// Asks the devices on one line, one request at a time. The line is opened by the first request and again after a
/// fault; when to try again is the caller's decision. One owner: a call while another is under way is an error.
/// </summary>
public sealed class ModbusClient : IAsyncDisposable
{
    private readonly Func<CancellationToken, ValueTask<Stream>> _open;
    private readonly ModbusClientOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly RequestExchange _exchange;
    private ByteLine? _line;
    private bool _wasOpen;
    private int _isBusy;
    private bool _isDisposed;

    /// <param name="open">Opens the line; the client closes it. Called again after a fault.</param>
    /// <param name="options">How the client talks.</param>
    /// <param name="time">The clock; null: the system's.</param>
    /// <param name="logger">Null: no log.</param>
    /// <exception cref="ArgumentOutOfRangeException">A time that is not above 0.</exception>
    public ModbusClient(
        Func<CancellationToken, ValueTask<Stream>> open, ModbusClientOptions options, TimeProvider? time = null, ILogger<ModbusClient>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(open);
        ArgumentNullException.ThrowIfNull(options);
        _open = open;
        _options = options.Validated();
        _time = time ?? TimeProvider.System;
        _logger = (ILogger?)logger ?? NullLogger.Instance;
        _exchange = options.Framing switch
        {
            ModbusFraming.Tcp => new TcpExchange(_time),
            ModbusFraming.Rtu => new RtuExchange(_options, _time),
            _ => throw new ArgumentOutOfRangeException(nameof(options), options.Framing, "There is no such framing."),
        };
    }

    /// <summary>Whether the line is open as far as is known.</summary>
    public bool IsConnected => _line is { Fault: null };

    /// <summary>Reads coils or discrete inputs. Functions 1 and 2.</summary>
    /// <param name="unit">Whom to ask.</param>
    /// <param name="table">A table of bits.</param>
    /// <param name="address">The first, zero-based.</param>
    /// <param name="bits">Takes the values, 1 to 2000; unchanged unless the result is a success.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ModbusTransportException">The line is broken or cannot be opened.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ModbusResult> ReadBitsAsync(
        ModbusUnit unit, ModbusTable table, ushort address, Memory<bool> bits, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(table.HoldsBits(), false, nameof(table));
        CheckRange(address, bits.Length, ModbusLimits.MaxReadBits);
        CheckAnswerable(unit);
        using var turn = TakeTurn();
        var result = await ExecuteAsync(unit, RequestWriter.Read(_exchange.RequestPdu, table, address, bits.Length), cancellationToken);
        if (result.IsSuccess)
            ResponseReader.ReadBits(_exchange.ResponsePdu, bits.Span);
        return result;
    }

    /// <summary>Reads holding or input registers. Functions 3 and 4.</summary>
    /// <param name="unit">Whom to ask.</param>
    /// <param name="table">A table of registers.</param>
    /// <param name="address">The first, zero-based.</param>
    /// <param name="registers">Takes the values, 1 to 125; unchanged unless the result is a success.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ModbusTransportException">The line is broken or cannot be opened.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ModbusResult> ReadRegistersAsync(
        ModbusUnit unit, ModbusTable table, ushort address, Memory<ushort> registers, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(table.HoldsBits(), true, nameof(table));
        CheckRange(address, registers.Length, ModbusLimits.MaxReadRegisters);
        CheckAnswerable(unit);
        using var turn = TakeTurn();
        var result = await ExecuteAsync(unit, RequestWriter.Read(_exchange.RequestPdu, table, address, registers.Length), cancellationToken);
        if (result.IsSuccess)
            ResponseReader.ReadRegisters(_exchange.ResponsePdu, registers.Span);
        return result;
    }

    /// <summary>Switches one coil. Function 5.</summary>
    /// <exception cref="ModbusTransportException">The line is broken or cannot be opened.</exception>
    public async ValueTask<ModbusResult> WriteCoilAsync(
        ModbusUnit unit, ushort address, bool value, CancellationToken cancellationToken = default)
    {
        using var turn = TakeTurn();
        return await ExecuteAsync(unit, RequestWriter.SingleCoil(_exchange.RequestPdu, address, value), cancellationToken);
    }

    /// <summary>Writes one holding register. Function 6.</summary>
    /// <exception cref="ModbusTransportException">The line is broken or cannot be opened.</exception>
    public async ValueTask<ModbusResult> WriteRegisterAsync(
        ModbusUnit unit, ushort address, ushort value, CancellationToken cancellationToken = default)
    {
        using var turn = TakeTurn();
        return await ExecuteAsync(unit, RequestWriter.SingleRegister(_exchange.RequestPdu, address, value), cancellationToken);
    }

    /// <summary>Switches 1 to 1968 coils. Function 15.</summary>
    /// <exception cref="ModbusTransportException">The line is broken or cannot be opened.</exception>
    public async ValueTask<ModbusResult> WriteCoilsAsync(
        ModbusUnit unit, ushort address, ReadOnlyMemory<bool> values, CancellationToken cancellationToken = default)
    {
        CheckRange(address, values.Length, ModbusLimits.MaxWriteCoils);
        using var turn = TakeTurn();
        return await ExecuteAsync(unit, RequestWriter.MultipleCoils(_exchange.RequestPdu, address, values.Span), cancellationToken);
    }

    /// <summary>Writes 1 to 123 holding registers. Function 16.</summary>
    /// <exception cref="ModbusTransportException">The line is broken or cannot be opened.</exception>
    public async ValueTask<ModbusResult> WriteRegistersAsync(
        ModbusUnit unit, ushort address, ReadOnlyMemory<ushort> values, CancellationToken cancellationToken = default)
    {
        CheckRange(address, values.Length, ModbusLimits.MaxWriteRegisters);
        using var turn = TakeTurn();
        return await ExecuteAsync(unit, RequestWriter.MultipleRegisters(_exchange.RequestPdu, address, values.Span), cancellationToken);
    }

    /// <summary>Closes the line. A request under way ends with <see cref="ModbusTransportException"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        _isDisposed = true;
        if (_line is { } line)
        {
            _line = null;
            await line.DisposeAsync();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ModbusResult> ExecuteAsync(ModbusUnit unit, int pduLength, CancellationToken cancellationToken)
    {
        var line = await GetLineAsync(cancellationToken);
        try
        {
            var responseTimeout = unit.ResponseTimeout ?? _options.ResponseTimeout;
            var result = await _exchange.ExecuteAsync(line, unit.Id, pduLength, responseTimeout, cancellationToken);
            if (result.Status > ModbusStatus.Exception)
                Log.NoAnswer(_logger, unit.Id, _exchange.RequestPdu[0], result.Status);
            return result;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            await CloseAsync(line, e.Message);
            throw new ModbusTransportException($"The Modbus line is broken: {e.Message}", e);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ByteLine> GetLineAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_line is { Fault: { } fault } broken)
            await CloseAsync(broken, fault.Message);
        if (_line is { } open)
            return open;

        var stream = await OpenAsync(cancellationToken);
        _line = new(stream, _time);
        if (_wasOpen)
            _exchange.OnReconnected();
        _wasOpen = true;
        Log.ConnectionOpened(_logger);
        return _line;
    }

    private async ValueTask<Stream> OpenAsync(CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_options.ConnectTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await _open(either.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ModbusTransportException($"The Modbus line did not open within {_options.ConnectTimeout.TotalSeconds:0.###} s.", e);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new ModbusTransportException($"The Modbus line does not open: {e.Message}", e);
        }
    }

    private async ValueTask CloseAsync(ByteLine line, string reason)
    {
        Interlocked.CompareExchange(ref _line, null, line);
        await line.DisposeAsync();
        Log.ConnectionClosed(_logger, reason);
    }

    private Turn TakeTurn()
    {
        if (Interlocked.Exchange(ref _isBusy, 1) != 0)
            throw new InvalidOperationException("A Modbus client carries out one request at a time; the previous one is still under way.");
        return new(this);
    }

    private void CheckAnswerable(ModbusUnit unit)
    {
        if (unit.Id == 0 && _options.Framing == ModbusFraming.Rtu)
            throw new ArgumentOutOfRangeException(nameof(unit), "Unit 0 is the broadcast on a serial line; nobody answers it, so it cannot be read.");
    }

    private static void CheckRange(ushort address, int count, int maxCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, maxCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(address + count, ModbusLimits.TableSize, nameof(count));
    }

    private readonly struct Turn(ModbusClient client) : IDisposable
    {
        public void Dispose() => Interlocked.Exchange(ref client._isBusy, 0);
    }
}
