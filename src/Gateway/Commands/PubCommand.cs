using System.CommandLine;
using System.Text;
using Gateway.Mqtt;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Topics;

namespace Gateway.Commands;

/// <summary><c>gateway pub</c>: publishes messages, with the flags of mosquitto_pub.</summary>
internal sealed class PubCommand
{
    private readonly MqttConnection _connection = new("pub");
    private readonly Option<string?> _topic = new("--topic", "-t") { HelpName = "TOPIC", Description = "The topic" };
    private readonly Option<int> _qos = MqttConnection.CreateQoS("--qos", "The QoS of the messages", "-q");
    private readonly Option<bool> _retain = new("--retain", "-r") { Description = "Retains the message" };
    private readonly Option<string?> _message = new("--message", "-m") { HelpName = "TEXT", Description = "The payload" };
    private readonly Option<string?> _file = new("--file", "-f") { HelpName = "FILE", Description = "Takes the payload from a file" };
    private readonly Option<bool> _lines = new("--stdin-line", "-l") { Description = "Publishes each line of standard input" };
    private readonly Option<bool> _input = new("--stdin-file", "-s") { Description = "Takes all of standard input for the payload" };
    private readonly Option<bool> _empty = new("--null-message", "-n") { Description = "Publishes an empty payload" };

    private PubCommand()
    {
    }

    public static Command Create()
    {
        var pub = new PubCommand();
        var command = new Command("pub", "Publishes messages to an MQTT broker.")
        {
            pub._topic, pub._message, pub._file, pub._lines, pub._input, pub._empty, pub._qos, pub._retain,
        };
        pub._connection.AddTo(command);
        command.SetAction(pub.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        var topic = arguments.GetValue(_topic) ?? _connection.TopicOfUrl(arguments) ?? throw CommandException.Usage("there is no topic: give it with -t");
        if (!TopicName.IsValid(topic))
        {
            throw CommandException.Usage($"'{topic}' is no topic to publish to: it must not be empty, nor have + or #");
        }

        var options = _connection.Read(arguments);
        var template = new ApplicationMessage
        {
            Topic = topic,
            QoS = (QualityOfService)arguments.GetValue(_qos),
            Retain = arguments.GetValue(_retain),
        };
        var payloads = ReadPayloads(arguments, cancellationToken);
        using var loggerFactory = _connection.CreateLoggerFactory(arguments);
        await using var publisher = new Publisher(options, loggerFactory);
        await publisher.ConnectAsync(cancellationToken);
        await foreach (var payload in payloads)
        {
            await publisher.PublishAsync(template with { Payload = payload }, cancellationToken);
        }

        await publisher.FinishAsync(cancellationToken);
        return ExitCode.Done;
    }

    private IAsyncEnumerable<ReadOnlyMemory<byte>> ReadPayloads(ParseResult arguments, CancellationToken cancellationToken)
    {
        var message = arguments.GetValue(_message);
        var file = arguments.GetValue(_file);
        var (lines, input, empty) = (arguments.GetValue(_lines), arguments.GetValue(_input), arguments.GetValue(_empty));
        if (new[] { message is not null, file is not null, lines, input, empty }.Count(isGiven => isGiven) != 1)
        {
            throw CommandException.Usage("say once what to publish: -m TEXT, -f FILE, -l (lines of standard input), -s (all of it) or -n (nothing)");
        }

        if (lines)
        {
            return ReadLinesAsync(cancellationToken);
        }

        return Single(message is not null ? Encoding.UTF8.GetBytes(message)
            : file is not null ? ReadFile(file)
            : input ? ReadAll(Console.OpenStandardInput())
            : []);
    }

    private static byte[] ReadFile(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CommandException.Failed($"{path} cannot be read ({exception.Message.TrimEnd('.')})", exception);
        }
    }

    private static byte[] ReadAll(Stream stream)
    {
        using var buffer = new MemoryStream();
        stream.CopyTo(buffer);
        return buffer.ToArray();
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> Single(byte[] payload)
    {
        await Task.CompletedTask;
        yield return payload;
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadLinesAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Bytes, not characters: a payload need not be text.
        using var input = Console.OpenStandardInput();
        var reader = System.IO.Pipelines.PipeReader.Create(input);
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            var buffer = read.Buffer;
            while (TryTakeLine(ref buffer, read.IsCompleted, out var line))
            {
                yield return line;
            }

            reader.AdvanceTo(buffer.Start, buffer.End);
            if (read.IsCompleted)
            {
                yield break;
            }
        }
    }

    private static bool TryTakeLine(ref System.Buffers.ReadOnlySequence<byte> buffer, bool isLast, out byte[] line)
    {
        var reader = new System.Buffers.SequenceReader<byte>(buffer);
        if (reader.TryReadTo(out System.Buffers.ReadOnlySequence<byte> found, (byte)'\n'))
        {
            line = System.Buffers.BuffersExtensions.ToArray(found);
            buffer = buffer.Slice(reader.Position);
            return true;
        }

        line = isLast ? System.Buffers.BuffersExtensions.ToArray(buffer) : [];
        buffer = isLast ? buffer.Slice(buffer.End) : buffer;
        return line.Length > 0;
    }

    /// <summary>A connection that publishes with a window of messages under way, and fails as soon as one cannot arrive.</summary>
    private sealed class Publisher : IMqttClientObserver, IAsyncDisposable
    {
        private const int Window = 1000;

        private readonly Queue<Task<PublishResult>> _underWay = new();
        private readonly CancellationTokenSource _lost = new();
        private readonly MqttClient _client;
        private readonly Uri _server;
        private string _reason = "";

        public Publisher(MqttClientOptions options, ILoggerFactory loggerFactory)
        {
            _server = options.Servers[0];
            _client = new MqttClient(options, this, loggerFactory.CreateLogger<MqttClient>());
        }

        public async Task ConnectAsync(CancellationToken cancellationToken)
        {
            try
            {
                var answer = await _client.ConnectAsync(cancellationToken);
                if (!answer.IsAccepted)
                {
                    throw CommandException.Failed($"{MqttText.Show(_server)} refuses the connection: {MqttText.Describe(answer.ReasonCode)}");
                }
            }
            catch (MqttException exception)
            {
                throw CommandException.Failed(exception.Message.TrimEnd('.'), exception);
            }
        }

        public async Task PublishAsync(ApplicationMessage message, CancellationToken cancellationToken)
        {
            if (_underWay.Count == Window)
            {
                await CheckOldestAsync(cancellationToken);
            }

            _underWay.Enqueue(_client.PublishAsync(message, _lost.Token).AsTask());
        }

        public async Task FinishAsync(CancellationToken cancellationToken)
        {
            while (_underWay.Count > 0)
            {
                await CheckOldestAsync(cancellationToken);
            }

            await _client.DisconnectAsync();
        }

        public void Disconnected(DisconnectInfo info)
        {
            _reason = info.Message.TrimEnd('.');
            _lost.Cancel();
        }

        public async ValueTask DisposeAsync()
        {
            await _client.DisposeAsync();
            _lost.Dispose();
        }

        private async Task CheckOldestAsync(CancellationToken cancellationToken)
        {
            try
            {
                var result = await _underWay.Dequeue().WaitAsync(cancellationToken);
                if (!result.IsAccepted)
                {
                    throw CommandException.Failed($"{MqttText.Show(_server)} did not take a message: {MqttText.Describe(result.ReasonCode)}");
                }
            }
            catch (OperationCanceledException exception) when (_lost.IsCancellationRequested)
            {
                throw CommandException.Failed($"the connection to {MqttText.Show(_server)} ended before all messages were taken: {_reason}", exception);
            }
        }
    }
}
