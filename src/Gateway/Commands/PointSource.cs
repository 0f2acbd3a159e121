using System.CommandLine;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Gateway.Abstractions.Definitions;
using Gateway.DeviceMaps.Files;
using Gateway.Hosting;
using Gateway.Runtime.Commands;
using Gateway.Web;

namespace Gateway.Commands;

/// <summary>Where the points are that a verb reads and writes: in the running service, or straight on the hardware.</summary>
internal abstract class PointSource : IAsyncDisposable
{
    /// <summary>The running service if there is one, else the hardware of the configuration's maps.</summary>
    /// <param name="arguments">Which service, and which configuration.</param>
    /// <param name="options">The options that say so.</param>
    /// <param name="name"><c>DEVICE</c> or <c>DEVICE.POINT</c>; null: everything.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CommandException">Neither can be had, or the name is nothing that there is.</exception>
    public static async Task<PointSource> OpenAsync(ParseResult arguments, ServiceOptions options, string? name, CancellationToken cancellationToken)
    {
        var dataFolder = options.FindDataFolder(arguments);
        var client = new ServiceClient(dataFolder, ServicePoints.Patience);
        try
        {
            if (await client.TryGetAsync("/api/queue", StatusJson.Readable.QueueStatus, cancellationToken) is not null)
            {
                return new ServicePoints(client, name);
            }
        }
        catch
        {
            client.Dispose();
            throw;
        }

        client.Dispose();
        return DirectPoints.Open(arguments.GetRequiredValue(options.Config), dataFolder, name, arguments.InvocationConfiguration.Error);
    }

    /// <summary>The newest values.</summary>
    public abstract Task<IReadOnlyList<PointReading>> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Follows the values: first those that there are, then each that is newer or of another quality.</summary>
    public abstract IAsyncEnumerable<PointReading> FollowAsync(CancellationToken cancellationToken);

    /// <summary>Writes the one point that was named, and gives what was read back.</summary>
    public abstract Task<IReadOnlyList<PointReading>> WriteAsync(string value, CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();

    /// <summary>Prints points for people, or as JSON.</summary>
    public static void Print(TextWriter output, IReadOnlyList<PointReading> points, bool asJson, DateTimeOffset now)
    {
        if (asJson)
        {
            output.WriteLine(JsonSerializer.Serialize(points, StatusJson.Readable.IReadOnlyListPointReading));
            return;
        }

        var table = new TableView("point", "value", "quality", "age");
        foreach (var point in points)
        {
            table.AddRow(Describe(point, now));
        }

        table.Write(output);
    }

    /// <summary>The cells of a row: name, value with unit, quality, age.</summary>
    public static string[] Describe(PointReading point, DateTimeOffset now)
    {
        var value = point.Value.Kind == Abstractions.PointValueKind.None ? null : point.Value.ToString();
        var status = new Runtime.PointStatus(point.Point, value, point.Unit, point.Quality, point.Reason, point.Time, point.IsWritable);
        return
        [
            $"{point.Device}.{point.Point}",
            StatusText.DescribeValue(status),
            StatusText.DescribeQuality(status),
            point.Time is { } time ? StatusText.Age(time, now) : "–",
        ];
    }

    /// <summary>Points of the running service.</summary>
    private sealed class ServicePoints(ServiceClient client, string? name) : PointSource
    {
        /// <summary>A write to a silent device is given up after 30 s.</summary>
        public static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

        private readonly string _path = "/api/points" + (name is null ? "" : $"?name={Uri.EscapeDataString(name)}");

        public override async Task<IReadOnlyList<PointReading>> ReadAsync(CancellationToken cancellationToken) =>
            await client.TryGetAsync(_path, StatusJson.Readable.IReadOnlyListPointReading, cancellationToken) ?? throw Gone();

        public override async Task<IReadOnlyList<PointReading>> WriteAsync(string value, CancellationToken cancellationToken) =>
            await client.TryPutAsync(_path, value, StatusJson.Readable.IReadOnlyListPointReading, cancellationToken) ?? throw Gone();

        public override ValueTask DisposeAsync()
        {
            client.Dispose();
            return ValueTask.CompletedTask;
        }

        public override async IAsyncEnumerable<PointReading> FollowAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await foreach (var point in client.FollowAsync(_path.Replace("/api/points", "/api/points/live", StringComparison.Ordinal), StatusJson.Lines.PointReading, cancellationToken))
            {
                yield return point;
            }

            throw Gone();
        }

        private static CommandException Gone() => CommandException.Failed("the service has stopped");
    }

    /// <summary>Points on the hardware of a configuration's maps.</summary>
    private sealed class DirectPoints(DirectAccess access, string? name, ILoggerFactory loggerFactory) : PointSource
    {
        private static readonly TimeSpan ReadPatience = TimeSpan.FromSeconds(30);

        public static DirectPoints Open(string configurationPath, string dataFolder, string? name, TextWriter error)
        {
            if (!File.Exists(configurationPath))
            {
                throw CommandException.Failed($"no service runs on {dataFolder}, and there is no configuration {configurationPath}: name one with --config");
            }

            var drivers = InstalledPlugins.CreateDrivers();
            var read = new ConfigurationReader(drivers).Read(configurationPath, new DiskFiles());
            if (!read.IsValid)
            {
                foreach (var diagnostic in read.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error))
                {
                    error.WriteLine(diagnostic);
                }

                throw CommandException.Failed($"no service runs on {dataFolder}, and {configurationPath} is not valid: mend what is listed above");
            }

            var loggerFactory = LoggerFactory.Create(logging => ConsoleLogging.Add(logging, LogLevel.Warning));
            if (DirectAccess.Open(read.Buses, name, drivers, TimeProvider.System, loggerFactory, out var refusal) is { } access)
            {
                return new DirectPoints(access, name, loggerFactory);
            }

            loggerFactory.Dispose();
            throw CommandException.Failed(refusal!);
        }

        public override async Task<IReadOnlyList<PointReading>> ReadAsync(CancellationToken cancellationToken)
        {
            await access.WaitAsync(ReadPatience, cancellationToken);
            return access.Points.Read(name, out var refusal) ?? throw CommandException.Failed(refusal!);
        }

        public override async IAsyncEnumerable<PointReading> FollowAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await foreach (var news in access.Points.FollowAsync(name, cancellationToken))
            {
                foreach (var point in news)
                {
                    yield return point;
                }
            }
        }

        public override async Task<IReadOnlyList<PointReading>> WriteAsync(string value, CancellationToken cancellationToken)
        {
            if (!CommandPayload.TryParse(new(System.Text.Encoding.UTF8.GetBytes(value)), out var parsed, out var problem))
            {
                throw CommandException.Failed(problem!);
            }

            var (readBack, outcome) = await access.Points.WriteAsync(name!, parsed, cancellationToken);
            return readBack is null ? throw CommandException.Failed(outcome.Error!) : [readBack];
        }

        public override async ValueTask DisposeAsync()
        {
            await access.DisposeAsync();
            loggerFactory.Dispose();
        }
    }
}
