namespace Gateway.Drivers.Gpio;

/// <summary>Logs what is wrong with something, once for each thing that is, and that it works again. Thread-safe.</summary>
/// <param name="failed">Logs a message of it.</param>
/// <param name="works">Logs that it works again.</param>
internal sealed class Trouble(Action<string> failed, Action works)
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
                works();
            }
            else
            {
                failed(message);
            }
        }
    }
}
