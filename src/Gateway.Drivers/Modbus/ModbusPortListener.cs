using Gateway.Linux;
using Gateway.Linux.Serial;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Server;
using Microsoft.Extensions.Logging;

namespace Gateway.Drivers.Modbus;

/// <summary>Answers the master of a serial line; a port that vanishes is taken up again when it is back. Dispose it to stop.</summary>
internal sealed class ModbusPortListener : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ModbusServer _server;
    private readonly SerialSettings _settings;
    private readonly ModbusFraming _framing;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _serving;

    /// <param name="server">Answers the requests.</param>
    /// <param name="settings">The port.</param>
    /// <param name="framing">RTU or ASCII.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Takes what goes wrong.</param>
    /// <exception cref="LinuxException">The port cannot be had now.</exception>
    public ModbusPortListener(ModbusServer server, SerialSettings settings, ModbusFraming framing, TimeProvider timeProvider, ILogger logger)
    {
        _server = server;
        _settings = settings;
        _framing = framing;
        _timeProvider = timeProvider;
        _logger = logger;
        _serving = ServeAsync(SerialPort.Open(settings, timeProvider));
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _serving;
        _stopping.Dispose();
    }

    private async Task ServeAsync(SerialPort port)
    {
        for (var open = port; open is not null; open = await ReopenAsync())
        {
            await _server.ServeAsync(open, _framing, new ModbusPeer(_settings.Path), _stopping.Token);
        }
    }

    private async Task<SerialPort?> ReopenAsync()
    {
        string? told = null;
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var port = SerialPort.Open(_settings, _timeProvider);
                Log.LineWorks(_logger, _settings.Path);
                return port;
            }
            catch (LinuxException e)
            {
                if (told != e.Message)
                {
                    told = e.Message;
                    Log.LineFailed(_logger, _settings.Path, e.Message);
                }
            }

            await Task.Delay(Pause, _timeProvider, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return null;
    }
}
