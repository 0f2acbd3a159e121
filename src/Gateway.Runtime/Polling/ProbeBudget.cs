namespace Gateway.Runtime.Polling;

/// <summary>
/// The time of a bus that goes to devices that do not answer: a twentieth of all, however many they are. What was not used
/// is saved up to 3 s, a minute's worth, so that a device that was away for a moment is found again at once. Pure.
/// </summary>
internal sealed class ProbeBudget
{
    private const double Share = 0.05;

    private static readonly TimeSpan Most = TimeSpan.FromSeconds(3);

    private TimeSpan _saved = Most;
    private TimeSpan _asOf;

    /// <summary>From when on there is something to spend.</summary>
    public TimeSpan FreeAt => _saved > TimeSpan.Zero ? TimeSpan.Zero : _asOf - (_saved / Share);

    /// <summary>A probe took this long; it may take more than was saved.</summary>
    public void Spend(TimeSpan began, TimeSpan ended)
    {
        var saved = _saved + ((ended - _asOf) * Share);
        _saved = (saved < Most ? saved : Most) - (ended - began);
        _asOf = ended;
    }
}
