using Gateway.Abstractions.Definitions;

namespace Gateway.Runtime.Reloading;

/// <summary>Is told what new maps no longer have, so that no retained message outlives its subject.</summary>
internal interface IGoneObserver
{
    void PointGone(PointDefinition point);

    void DeviceGone(DeviceDefinition device);
}
