namespace Gateway.Runtime.Mapping;

/// <summary>Sees each measurement, whether it is published or not. Called from the poll loops: neither blocks nor throws.</summary>
public interface IMeasurementObserver
{
    /// <summary>A point has a new measurement.</summary>
    void Observe(in Measurement measurement);
}
