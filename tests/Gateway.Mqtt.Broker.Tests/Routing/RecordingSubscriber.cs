using Gateway.Mqtt.Broker.Routing;

namespace Gateway.Mqtt.Broker.Tests.Routing;

internal sealed class RecordingSubscriber(string clientId = "", Readiness readiness = Readiness.Ready) : Subscriber
{
    public override string ClientId => clientId;

    public override Readiness Readiness => readiness;

    public override void Deliver(ref RoutedMessage message, in RouteTarget target) => throw new NotSupportedException();
}
