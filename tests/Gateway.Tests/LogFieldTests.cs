using System.Reflection;
using System.Text.Json;
using Gateway.Hosting;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests;

/// <summary>What an entry of the log is about has the same name in each: programs look for bus, device, point and unit.</summary>
public sealed class LogFieldTests
{
    // Their topics are those of the gateway's states and of the bridge.
    private static readonly HashSet<int> OtherTopics = [7015, 7021, 7023];

    // Several of them, in words.
    private static readonly HashSet<string> Plurals = ["buses", "devices", "points"];

    private static readonly Dictionary<int, MethodInfo> Events = Directory.EnumerateFiles(AppContext.BaseDirectory, "*ateway*.dll")
        .Where(file => !Path.GetFileName(file).Contains("Test", StringComparison.Ordinal))
        .SelectMany(file => Assembly.LoadFrom(file).GetTypes())
        .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
        .Where(method => method.GetCustomAttribute<LoggerMessageAttribute>() is not null)
        .ToDictionary(method => method.GetCustomAttribute<LoggerMessageAttribute>()!.EventId);

    public static TheoryData<int> Numbers => [.. Events.Keys.Order()];

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Each_has_its_own_field(int number)
    {
        var parameters = Events[number].GetParameters().Where(parameter => parameter.ParameterType != typeof(ILogger)).ToList();
        var names = parameters.Select(parameter => parameter.Name!).ToHashSet();
        foreach (var subject in new[] { "bus", "device", "point", "unit" })
        {
            Assert.DoesNotContain(names, name => name.StartsWith(subject, StringComparison.OrdinalIgnoreCase) && name != subject && !Plurals.Contains(name));
        }

        Assert.True(!names.Contains("point") || names.Contains("device"), "a point is told with its device: {Device}.{Point}");
        Assert.True(
            !names.Contains("topic") || names.IsSupersetOf(["device", "point"]) || OtherTopics.Contains(number) || number < 7000, "a command's topic is told with device and point");

        var line = Write(Events[number]);
        foreach (var name in names.Intersect(["bus", "device", "point"]))
        {
            Assert.Equal($"a {name}", line.GetProperty(name).GetString());
        }

        Assert.Equal(names.Contains("unit"), line.TryGetProperty("unit", out _));
    }

    [Fact]
    public void Those_of_every_part_are_looked_at()
    {
        Assert.InRange(Events.Count, 100, 10_000);
        Assert.Equal(["device", "point", "topic", "value"], Events[7003].GetParameters().Skip(1).Select(parameter => parameter.Name!).Order());
        Assert.Contains(5022, Events.Keys);
        Assert.Contains(3002, Events.Keys);
    }

    // As gateway run --log json writes it.
    private static JsonElement Write(MethodInfo method)
    {
        var logger = new Recorder();
        method.Invoke(null, [.. method.GetParameters().Select(parameter => ValueOf(parameter, logger))]);
        return JsonDocument.Parse(logger.Line).RootElement;
    }

    private static object? ValueOf(ParameterInfo parameter, ILogger logger)
    {
        var type = parameter.ParameterType;
        return type == typeof(ILogger) ? logger
            : type == typeof(string) ? $"a {parameter.Name}"
            : type == typeof(LogLevel) ? LogLevel.Warning
            : type.IsValueType ? Activator.CreateInstance(type)
            : null;
    }

    private sealed class Recorder : ILogger
    {
        public string Line { get; private set; } = "";

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            using var writer = new StringWriter();
            new JsonLineFormatter(new ManualTimeProvider()).Write(new LogEntry<TState>(logLevel, "Gateway", eventId, state, exception, formatter), null, writer);
            Line = writer.ToString();
        }
    }
}
