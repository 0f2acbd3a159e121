using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Gateway.TestSupport;

/// <summary>Keeps what is logged from <see cref="Least"/> on.</summary>
public sealed class LogLines : ILogger, ILoggerFactory
{
    private readonly ConcurrentQueue<string> _lines = new();

    /// <summary>The least level that is kept; default: warnings.</summary>
    public LogLevel Least { get; init; } = LogLevel.Warning;

    /// <summary>The lines so far.</summary>
    public IReadOnlyList<string> All => [.. _lines];

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => logLevel >= Least;

    /// <inheritdoc/>
    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            _lines.Enqueue(formatter(state, exception));
        }
    }

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => this;

    /// <inheritdoc/>
    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
