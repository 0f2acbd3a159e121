namespace System.Device.Gpio;

public enum PinMode
{
    Input,
    Output,
    InputPullDown,
    InputPullUp,
}

[Flags]
public enum PinEventTypes
{
    None = 0,
    Rising = 1,
    Falling = 2,
}

public delegate void PinChangeEventHandler(object sender, PinValueChangedEventArgs pinValueChangedEventArgs);

public readonly struct PinValue : IEquatable<PinValue>
{
    private readonly bool _isHigh;

    private PinValue(bool isHigh) => _isHigh = isHigh;

    public static PinValue High => new(true);

    public static PinValue Low => new(false);

    public static implicit operator PinValue(bool value) => new(value);

    public static explicit operator bool(PinValue value) => value._isHigh;

    public static bool operator ==(PinValue a, PinValue b) => a.Equals(b);

    public static bool operator !=(PinValue a, PinValue b) => !a.Equals(b);

    public bool Equals(PinValue other) => _isHigh == other._isHigh;

    public override bool Equals(object? obj) => obj is PinValue other && Equals(other);

    public override int GetHashCode() => _isHigh.GetHashCode();
}

public sealed class PinValueChangedEventArgs(PinEventTypes changeType, int pinNumber) : EventArgs
{
    public PinEventTypes ChangeType => changeType;

    public int PinNumber => pinNumber;
}

public struct WaitForEventResult
{
    public PinEventTypes EventTypes { get; set; }

    public bool TimedOut { get; set; }
}

public abstract class GpioDriver : IDisposable
{
    protected internal abstract int PinCount { get; }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected internal abstract void OpenPin(int pinNumber);

    protected internal abstract void ClosePin(int pinNumber);

    protected internal abstract void SetPinMode(int pinNumber, PinMode mode);

    protected internal virtual void SetPinMode(int pinNumber, PinMode mode, PinValue initialValue)
    {
        SetPinMode(pinNumber, mode);
        Write(pinNumber, initialValue);
    }

    protected internal abstract PinMode GetPinMode(int pinNumber);

    protected internal abstract bool IsPinModeSupported(int pinNumber, PinMode mode);

    protected internal abstract PinValue Read(int pinNumber);

    protected internal abstract void Write(int pinNumber, PinValue value);

    protected internal abstract WaitForEventResult WaitForEvent(int pinNumber, PinEventTypes eventTypes, CancellationToken cancellationToken);

    protected internal abstract void AddCallbackForPinValueChangedEvent(int pinNumber, PinEventTypes eventTypes, PinChangeEventHandler callback);

    protected internal abstract void RemoveCallbackForPinValueChangedEvent(int pinNumber, PinChangeEventHandler callback);

    protected virtual void Dispose(bool disposing)
    {
    }
}

/// <summary>What bindings have of it: each call goes to the driver.</summary>
public sealed class GpioController(GpioDriver driver) : IDisposable
{
    public void OpenPin(int pinNumber, PinMode mode)
    {
        driver.OpenPin(pinNumber);
        driver.SetPinMode(pinNumber, mode);
    }

    public void OpenPin(int pinNumber, PinMode mode, PinValue initialValue)
    {
        driver.OpenPin(pinNumber);
        driver.SetPinMode(pinNumber, mode, initialValue);
    }

    public void ClosePin(int pinNumber) => driver.ClosePin(pinNumber);

    public PinMode GetPinMode(int pinNumber) => driver.GetPinMode(pinNumber);

    public bool IsPinModeSupported(int pinNumber, PinMode mode) => driver.IsPinModeSupported(pinNumber, mode);

    public PinValue Read(int pinNumber) => driver.Read(pinNumber);

    public void Write(int pinNumber, PinValue value) => driver.Write(pinNumber, value);

    public WaitForEventResult WaitForEvent(int pinNumber, PinEventTypes eventTypes, CancellationToken cancellationToken) =>
        driver.WaitForEvent(pinNumber, eventTypes, cancellationToken);

    public void RegisterCallbackForPinValueChangedEvent(int pinNumber, PinEventTypes eventTypes, PinChangeEventHandler callback) =>
        driver.AddCallbackForPinValueChangedEvent(pinNumber, eventTypes, callback);

    public void UnregisterCallbackForPinValueChangedEvent(int pinNumber, PinChangeEventHandler callback) =>
        driver.RemoveCallbackForPinValueChangedEvent(pinNumber, callback);

    public void Dispose() => driver.Dispose();
}
