using Microsoft.Extensions.Logging.Console;

namespace Gateway.Hosting;

/// <summary>How every verb logs: single lines on standard error, which leaves standard output to what was asked for.</summary>
internal static class ConsoleLogging
{
    // The framework's own chatter about hosts and listeners says nothing that our own entries do not.
    private static readonly string[] Framework = ["Microsoft", "System"];

    /// <summary>Adds the console.</summary>
    /// <param name="builder">Where to.</param>
    /// <param name="minimum">The least important level that is written.</param>
    /// <param name="asJson">Whether lines are JSON, for programs.</param>
    public static void Add(ILoggingBuilder builder, LogLevel minimum, bool asJson = false)
    {
        builder.ClearProviders();
        builder.SetMinimumLevel(minimum);
        foreach (var category in Framework)
        {
            builder.AddFilter(category, LogLevel.Warning);
        }

        // What ends the service is said once, by the verb that runs it.
        builder.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        builder.AddConsole(console =>
        {
            console.FormatterName = asJson ? JsonLineFormatter.FormatterName : LineFormatter.FormatterName;
            console.LogToStandardErrorThreshold = LogLevel.Trace;
            console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite; // a stuck terminal must not stop the polling
        });
        builder.Services.AddSingleton<ConsoleFormatter>(asJson ? new JsonLineFormatter(TimeProvider.System) : new LineFormatter(TimeProvider.System, LineFormatter.IsUnderJournal));
    }
}
