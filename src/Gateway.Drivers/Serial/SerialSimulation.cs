using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Simulated;
using Gateway.Linux;
using Gateway.Linux.Serial;
using Gateway.Modbus.Server;

namespace Gateway.Drivers.Serial;

/// <summary>
/// The devices of a serial map that have <c>simulate</c> as devices that speak: frames at their interval, or one for each
/// request. Dispose it to stop. Not thread-safe.
/// </summary>
public sealed class SerialSimulation : IAsyncDisposable
{
    private const int LongestRequest = 1024;

    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _writing = new(1);
    private readonly List<Task> _serving = [];
    private readonly List<PseudoTerminal> _ports = [];
    private readonly SimulatedSerialDevice[] _devices;
    private readonly TimeProvider _timeProvider;
    private readonly long _started;

    /// <param name="bus">A valid definition of a serial bus; its port is not used.</param>
    /// <param name="timeProvider">The clock of intervals and waveforms.</param>
    /// <param name="options">How the devices differ from what the map says; null: they don't. Those that have neither unit ids nor refusals take no such faults.</param>
    public SerialSimulation(BusDefinition bus, TimeProvider timeProvider, SimulationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(bus);
        ArgumentNullException.ThrowIfNull(timeProvider);
        _timeProvider = timeProvider;
        _started = timeProvider.GetTimestamp();
        var diagnostics = new List<Diagnostic>();
        _devices =
        [
            .. bus.Devices
                .Where(SimulatedSerialDevice.IsPossible)
                .Select(device => SerialDeviceParser.Parse(device, diagnostics) ?? throw new ArgumentException(string.Join("; ", diagnostics), nameof(bus)))
                .Select(device => new SimulatedSerialDevice(device, options ?? new SimulationOptions())),
        ];
    }

    /// <summary>The devices that are simulated; those without <c>simulate</c> are silent.</summary>
    public IEnumerable<string> Devices => _devices.Select(device => device.Name);

    /// <summary>Serves the devices on a new pseudo-terminal.</summary>
    /// <param name="link">Where a symbolic link to it is put; null: none.</param>
    /// <returns>The path that clients open: the link, or the pseudo-terminal itself.</returns>
    /// <exception cref="LinuxException">The kernel gives no pseudo-terminal.</exception>
    /// <exception cref="IOException">The link cannot be made.</exception>
    public string OpenPort(string? link)
    {
        var port = PseudoTerminal.Open(link);
        _ports.Add(port);
        _serving.Add(AnswerAsync(port));
        _serving.AddRange(_devices.Where(device => device.Interval is not null).Select(device => SpeakAsync(port, device)));
        return link ?? port.SlavePath;
    }

    /// <summary>Closes the port and waits for the end.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_serving);
        foreach (var port in _ports)
        {
            await port.DisposeAsync();
        }

        _writing.Dispose();
        _stopping.Dispose();
    }

    private async Task SpeakAsync(Stream port, SimulatedSerialDevice device)
    {
        while (!_stopping.IsCancellationRequested)
        {
            await SendAsync(port, device);
            await Task.Delay(device.Interval!.Value, _timeProvider, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task AnswerAsync(Stream port)
    {
        var buffer = new byte[256];
        var received = new List<byte>();
        try
        {
            while (true)
            {
                var count = await port.ReadAsync(buffer, _stopping.Token);
                foreach (var value in buffer[..count])
                {
                    received.Add(value);
                    if (Array.Find(_devices, device => device.Requests.Any(request => EndsWith(received, request))) is { } asked)
                    {
                        received.Clear();
                        await SendAsync(port, asked);
                    }
                }

                if (received.Count > LongestRequest)
                {
                    received.RemoveRange(0, received.Count - LongestRequest);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    private async Task SendAsync(Stream port, SimulatedSerialDevice device)
    {
        var frame = device.Next(_timeProvider.GetElapsedTime(_started));
        var fault = device.Faults.Next();
        var delay = device.Faults.NextDelay() + (fault == Fault.Late ? device.Faults.Faults.LateBy : TimeSpan.Zero);
        await Task.Delay(delay, _timeProvider, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        switch (fault)
        {
            case Fault.Drop:
                return;
            case Fault.Corrupt:
                device.Faults.FlipBit(frame);
                break;
            case Fault.Babble:
                frame = device.Faults.NextBabble();
                break;
            case Fault.Duplicate:
                frame = [.. frame, .. frame];
                break;
        }

        await SendAsync(port, frame);
    }

    // A terminal that nobody reads from fills up: what does not fit within a second is not sent.
    private async Task SendAsync(Stream port, byte[] frame)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        try
        {
            await _writing.WaitAsync(_stopping.Token);
            try
            {
                patience.CancelAfter(TimeSpan.FromSeconds(1));
                await port.WriteAsync(frame, patience.Token);
            }
            finally
            {
                _writing.Release();
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped, or nobody reads.
        }
    }

    private static bool EndsWith(List<byte> received, byte[] request) =>
        received.Count >= request.Length && received.Skip(received.Count - request.Length).SequenceEqual(request);
}
