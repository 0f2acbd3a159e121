namespace Gateway.Linux.Serial;

/// <summary>
/// One write with the transceiver switched around it: RTS, the bytes, the last bit on the line, RTS back. Whatever goes
/// wrong in between, the line is given back to the others.
/// </summary>
/// <param name="settings">The delays.</param>
/// <param name="setSending">Turns the transceiver.</param>
/// <param name="drain">Blocks until the last bit is on the line.</param>
/// <param name="timeProvider">The clock of the delays.</param>
internal sealed class RtsTurnaround(SerialSettings settings, Action<bool> setSending, Action drain, TimeProvider timeProvider)
{
    /// <summary>Sends. Comes back when the line is free.</summary>
    /// <param name="write">Hands the bytes to the kernel.</param>
    /// <param name="cancellationToken">Ends the wait; the line is given back.</param>
    public async ValueTask SendAsync(Func<CancellationToken, ValueTask> write, CancellationToken cancellationToken)
    {
        setSending(true);
        try
        {
            if (settings.RtsBefore > TimeSpan.Zero)
                await Task.Delay(settings.RtsBefore, timeProvider, cancellationToken);
            await write(cancellationToken);

            // It blocks for the time on the wire, which no caller's thread should.
            // An adapter that hangs holds it for ever, and is left to itself then.
            await Task.Run(drain, CancellationToken.None).WaitAsync(cancellationToken);
            if (settings.RtsAfter > TimeSpan.Zero)
                await Task.Delay(settings.RtsAfter, timeProvider, cancellationToken);
        }
        finally
        {
            setSending(false);
        }
    }
}
