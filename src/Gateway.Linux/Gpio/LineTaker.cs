using Gateway.Abstractions.Buses;

namespace Gateway.Linux.Gpio;

/// <summary>
/// Takes lines of a chip in as few requests as may be, and leaves out those that cannot be had. What was taken is kept, though another
/// is refused after it: an output that is given back may change its level. Not thread-safe.
/// </summary>
internal sealed class LineTaker(GpioChipFile chip, string consumer, IGpioCalls calls, TimeProvider timeProvider)
{
    /// <summary>Takes lines.</summary>
    /// <param name="lines">Each line once.</param>
    /// <param name="taken">Takes the requests; what is in it belongs to the caller, after an exception too.</param>
    /// <param name="leftOut">Takes the lines that cannot be had.</param>
    /// <exception cref="LinuxException">The chip is gone, or a line that may not be left out cannot be had.</exception>
    public void Take(IReadOnlyList<GpioLineSettings> lines, List<LineRequest> taken, Dictionary<int, GpioLineFault> leftOut)
    {
        var (_, name, _, count) = chip.Info;
        foreach (var line in lines.Where(line => line.Line >= count))
        {
            LeaveOut(line, new LineRefusal(BusReasons.NotThere, GpioErrors.NoLine(name, line.Line, count), [line.Line]), leftOut);
        }

        var waiting = lines.Where(line => line.Line < count).ToList();
        while (waiting.Count > 0)
        {
            // What is left after a refusal is split anew: a counter that would be alone then is put with another line.
            var part = RequestPlan.Split(waiting)[0];
            var done = TakePart(part, taken, leftOut);
            waiting.RemoveAll(done.Contains);
        }
    }

    /// <returns>The lines of the part that were taken or left out.</returns>
    private IReadOnlyList<GpioLineSettings> TakePart(IReadOnlyList<GpioLineSettings> lines, List<LineRequest> taken, Dictionary<int, GpioLineFault> leftOut)
    {
        if (LineRequest.Take(chip, lines, consumer, calls, timeProvider, out var refusal) is { } request)
        {
            taken.Add(request);
            return lines;
        }

        GpioLineSettings[] refused = [.. lines.Where(line => lines.Count == 1 || refusal!.Lines.Contains(line.Line))];
        foreach (var line in refused)
        {
            LeaveOut(line, refusal!, leftOut);
        }

        if (refused.Length > 0)
        {
            return refused;
        }

        // The kernel does not say which: a half that is not concerned is taken whole.
        if (!lines.All(line => line.MayBeLeftOut))
        {
            throw refusal!.Fault;
        }

        GpioLineSettings[] all = [.. lines];
        return [.. TakePart(all[..(all.Length / 2)], taken, leftOut), .. TakePart(all[(all.Length / 2)..], taken, leftOut)];
    }

    private static void LeaveOut(GpioLineSettings line, LineRefusal refusal, Dictionary<int, GpioLineFault> leftOut) =>
        leftOut[line.Line] = line.MayBeLeftOut ? new GpioLineFault(refusal.Reason, refusal.Fault.Message) : throw refusal.Fault;
}
