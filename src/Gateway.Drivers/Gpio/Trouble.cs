using Gateway.Abstractions.Drivers;

namespace Gateway.Drivers.Gpio;

/// <summary>Logs what is wrong with a part of a bus, once for each thing that is, and that it works again. Thread-safe.</summary>
internal sealed class Trouble(string bus, DriverContext context)
{
    private readonly Lock _gate = new();
    private string? _told;

    /// <param name="message">One sentence; null: nothing is wrong.</param>
    public void Tell(string? message)
    {
        lock (_gate)
        {
            if (message == _told)
            {
                return;
            }

            _told = message;
            if (message is null)
            {
                Log.LinesWork(context.Logger, bus);
            }
            else
            {
                Log.LinesFailed(context.Logger, bus, message);
            }
        }
    }
}
