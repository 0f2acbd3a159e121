using Gateway.Mqtt.Broker.Sessions;

namespace Gateway.Mqtt.Broker.Tests.Wire;

/// <summary>Conversations with the state machine, byte for byte; each also with every byte in a segment of its own.</summary>
public sealed class WireTests
{
    private const int LongestByteByByte = 10_000;

    public static TheoryData<string, string> Cases => WireCase.All();

    [Theory]
    [MemberData(nameof(Cases))]
    public void Conversation_goes_as_written(string file, string title) => Run(file, title, byteByByte: false);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Conversation_goes_as_written_byte_by_byte(string file, string title) => Run(file, title, byteByByte: true);

    private static void Run(string file, string title, bool byteByByte)
    {
        var wireCase = WireCase.Read(file).Single(c => c.Title == title);
        if (wireCase.IsForBothVersions)
        {
            Run(wireCase, byteByByte, version: 4);
        }

        Run(wireCase, byteByByte, version: 5);
    }

    private static void Run(WireCase wireCase, bool byteByByte, int version)
    {
        var state = new BrokerState(wireCase.Limits(), authorizer: null, [new AskingMethod()]);
        var clients = new SortedDictionary<string, WireClient>();
        var now = 0L;
        state.Advance(now);
        foreach (var step in wireCase.Steps)
        {
            var words = step.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries);
            switch (words)
            {
                case ["limit", ..]:
                    break;
                case ["wait", var milliseconds]:
                    now += long.Parse(milliseconds, null);
                    state.Advance(now);
                    break;
                case [var name, "closed"]:
                    Assert.True(Client(name).IsClosed, $"{step}: is open");
                    clients.Remove(name);
                    break;
                case [var name, "drops"]:
                    Client(name).Drop();
                    clients.Remove(name);
                    break;
                case [var name, ">", var text]:
                    Assert.False(Client(name).IsClosed, $"{step}: is closed");
                    Send(Client(name), WireText.Parse(text, version), byteByByte);
                    break;
                case [var name, "<", var text]:
                    Assert.Equal(
                        $"{step} in version {version}: {WireText.Format(WireText.Parse(text, version))}",
                        $"{step} in version {version}: {WireText.Format(Client(name).Take())}");
                    break;
                default:
                    Assert.Fail($"This is no step: {step}");
                    break;
            }
        }

        foreach (var (name, client) in clients)
        {
            Assert.Equal($"{name} has no more", $"{name} has no more{WireText.Format(client.Take())}");
            Assert.False(client.IsClosed, $"{name} is closed");
        }

        WireClient Client(string name)
        {
            if (!clients.TryGetValue(name, out var client))
            {
                clients.Add(name, client = new WireClient(state));
            }

            return client;
        }
    }

    private static void Send(WireClient client, byte[] bytes, bool byteByByte)
    {
        if (!byteByByte || bytes.Length > LongestByteByByte)
        {
            client.Send(bytes);
            return;
        }

        foreach (var value in bytes)
        {
            client.Send([value]);
            if (client.IsClosed)
            {
                return;
            }
        }
    }
}
