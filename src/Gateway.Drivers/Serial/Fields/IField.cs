using Gateway.Abstractions.Definitions;

namespace Gateway.Drivers.Serial.Fields;

/// <summary>Where a point's value is in a frame. Immutable.</summary>
internal interface IField
{
    /// <summary>The value; null if the frame does not have it.</summary>
    DecodedValue? Read(FrameView frame, PointDefinition point);
}
