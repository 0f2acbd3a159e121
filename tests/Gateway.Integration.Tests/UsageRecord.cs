using System.Globalization;

namespace Gateway.Integration.Tests;

/// <summary>What a process takes of memory, files and threads in the course of its life: medians of its quarters, since any one look may see a trouble's peak.</summary>
internal sealed class UsageRecord
{
    private readonly List<(int Files, int Threads, double Megabytes)> _samples = [];

    /// <summary>Another process begins.</summary>
    public void Begin() => _samples.Clear();

    public void Add((int Files, int Threads, double Megabytes) sample) => _samples.Add(sample);

    /// <summary>Open files.</summary>
    public IReadOnlyList<double> Files => Quarters(sample => sample.Files);

    public IReadOnlyList<double> Threads => Quarters(sample => sample.Threads);

    public IReadOnlyList<double> Megabytes => Quarters(sample => sample.Megabytes);

    public override string ToString() => $"{Join(Megabytes)} MB, {Join(Files)} files, {Join(Threads)} threads";

    private static string Join(IEnumerable<double> quarters) => string.Join(" ", quarters.Select(quarter => quarter.ToString("0", CultureInfo.InvariantCulture)));

    private IReadOnlyList<double> Quarters(Func<(int Files, int Threads, double Megabytes), double> get) =>
        [.. Enumerable.Range(0, 4).Select(quarter => Median(_samples[(_samples.Count * quarter / 4)..(_samples.Count * (quarter + 1) / 4)].Select(get)))];

    private static double Median(IEnumerable<double> values) => values.Order().ToList() is { Count: > 0 } sorted ? sorted[sorted.Count / 2] : 0;
}
