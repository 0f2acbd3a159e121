using System.Buffers;
using Gateway.Mqtt.Broker.Sessions;
using Gateway.Mqtt.Broker.Tests.Wire;

namespace Gateway.Mqtt.Broker.Tests.Sessions;

public sealed class AllocationTests
{
    [Theory]
    [InlineData("@connect4:p", "@connect4:s", "30 [ \"plant/line/meter/power\" '0123456789' ]", 1)]
    [InlineData("@connect4:p", "@connect4:s", "30 [ \"plant/line/meter/power\" '0123456789' ]", 20)]
    [InlineData("@connect5:p", "@connect5:s", "30 [ \"plant/line/meter/power\" [ 26 \"k\" \"v\" ] '0123456789' ]", 5)]
    [InlineData("@connect5:p", "@connect4:s", "30 [ \"plant/line/meter/power\" [ 26 \"k\" \"v\" ] '0123456789' ]", 1)]
    public void Routing_at_QoS_0_allocates_nothing(string publisherConnect, string subscriberConnect, string message, int subscribers)
    {
        var state = new BrokerState(new BrokerLimits(), authorizer: null);
        state.Advance(0);
        var receivers = new List<WireClient>();
        for (var i = 0; i < subscribers; i++)
        {
            var receiver = new WireClient(state);
            receiver.Send(WireText.Parse($"{subscriberConnect}{i} 82 [ 0001 {(subscriberConnect[8] == '5' ? "[ ]" : "")} \"plant/+/#\" 00 ]"));
            receiver.Take();
            receivers.Add(receiver);
        }

        var publisher = new WireClient(state);
        publisher.Send(WireText.Parse(publisherConnect));
        publisher.Take();
        var batch = new ReadOnlySequence<byte>([.. Enumerable.Repeat(WireText.Parse(message), 100).SelectMany(bytes => bytes)]);
        Turn();
        Turn();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10; i++)
        {
            Turn();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(12 * 100 * subscribers, state.Tally.MessagesSent);

        void Turn()
        {
            publisher.Connection.Receive(batch, out _);
            foreach (var connection in state.Dirty)
            {
                connection.ClearDirty();
                OutputBuffer.Release(connection.DetachOutput());
                connection.OnSent();
            }

            state.Dirty.Clear();
        }
    }
}
