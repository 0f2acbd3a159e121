using Gateway.Abstractions.Definitions;

namespace Gateway.Hosting;

/// <summary>What is wrong with the configuration, and what was said of it: the same is not logged twice. Changed by one caller at a time; read from any thread.</summary>
/// <param name="logger">Takes what is new.</param>
internal sealed class ConfigurationFindings(ILogger logger)
{
    private volatile IReadOnlyList<string> _problems = [];
    private IReadOnlyList<string> _doubts = [];

    /// <summary>What is wrong, as people read it.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Logs what is new in a configuration that was read; returns the errors.</summary>
    public List<string> Report(ReadConfiguration read)
    {
        foreach (var fault in read.Faults)
        {
            Log.DriverFailed(logger, fault);
        }

        var errors = read.Diagnostics.Where(found => found.Severity == DiagnosticSeverity.Error).Select(found => found.ToString()).ToList();
        foreach (var problem in errors.Except(_problems))
        {
            Log.Invalid(logger, problem);
        }

        var doubts = read.Diagnostics.Where(found => found.Severity == DiagnosticSeverity.Warning).Select(found => found.ToString()).ToList();
        foreach (var doubt in doubts.Except(_doubts))
        {
            Log.Doubtful(logger, doubt);
        }

        _doubts = doubts;
        return errors;
    }

    /// <summary>Adds what showed later. What the reading of the configuration has found already is not said again.</summary>
    public void Add(List<string> problems, string problem)
    {
        if (problems.Exists(known => known.EndsWith(problem, StringComparison.Ordinal)))
        {
            return;
        }

        problems.Add(problem);
        if (!_problems.Contains(problem))
        {
            Log.Invalid(logger, problem);
        }
    }

    /// <summary>These are the problems from now on.</summary>
    public void Set(IReadOnlyList<string> problems) => _problems = problems;
}
