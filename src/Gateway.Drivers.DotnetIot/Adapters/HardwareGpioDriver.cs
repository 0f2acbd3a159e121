using System.Collections.Concurrent;
using System.Device.Gpio;
using Gateway.Abstractions.Buses;

namespace Gateway.Drivers.DotnetIot.Adapters;

/// <summary>
/// The lines of one of the gateway's GPIO chips, for bindings; a pin is the line's offset on the chip. Each pin is a request of its
/// own, made by the first use that needs the line. Disposing it gives back the lines and closes the chip.
/// </summary>
/// <param name="chip">The chip.</param>
internal sealed class HardwareGpioDriver(IGpioChip chip) : GpioDriver
{
    private readonly ConcurrentDictionary<int, HardwareGpioPin> _pins = [];
    private bool _isDisposed; // bindings dispose what they were given, and so does who gave it

    /// <summary>The chip does not tell how many lines it has; whether there is one shows when it is used.</summary>
    protected override int PinCount => int.MaxValue;

    protected override void OpenPin(int pinNumber) => _pins.TryAdd(pinNumber, new HardwareGpioPin(this, chip, pinNumber));

    protected override void ClosePin(int pinNumber)
    {
        if (_pins.TryRemove(pinNumber, out var pin))
        {
            pin.Dispose();
        }
    }

    protected override void SetPinMode(int pinNumber, PinMode mode) => PinOf(pinNumber).SetMode(mode, initialValue: null);

    protected override void SetPinMode(int pinNumber, PinMode mode, PinValue initialValue) => PinOf(pinNumber).SetMode(mode, (bool)initialValue);

    protected override PinMode GetPinMode(int pinNumber) => PinOf(pinNumber).Mode;

    protected override bool IsPinModeSupported(int pinNumber, PinMode mode) =>
        mode is PinMode.Input or PinMode.InputPullUp or PinMode.InputPullDown or PinMode.Output;

    protected override PinValue Read(int pinNumber) => PinOf(pinNumber).Read();

    protected override void Write(int pinNumber, PinValue value) => PinOf(pinNumber).Write((bool)value);

    protected override WaitForEventResult WaitForEvent(int pinNumber, PinEventTypes eventTypes, CancellationToken cancellationToken)
    {
        using var seen = new SemaphoreSlim(0);
        var pin = PinOf(pinNumber);
        var change = PinEventTypes.None;
        pin.AddCallback(eventTypes, OnChange);
        try
        {
            seen.Wait(cancellationToken);
            return new WaitForEventResult { EventTypes = change };
        }
        catch (OperationCanceledException)
        {
            return new WaitForEventResult { TimedOut = true };
        }
        finally
        {
            pin.RemoveCallback(OnChange);
        }

        void OnChange(object sender, PinValueChangedEventArgs args)
        {
            if (change == PinEventTypes.None)
            {
                change = args.ChangeType;
                seen.Release();
            }
        }
    }

    protected override void AddCallbackForPinValueChangedEvent(int pinNumber, PinEventTypes eventTypes, PinChangeEventHandler callback) =>
        PinOf(pinNumber).AddCallback(eventTypes, callback);

    protected override void RemoveCallbackForPinValueChangedEvent(int pinNumber, PinChangeEventHandler callback) =>
        PinOf(pinNumber).RemoveCallback(callback);

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isDisposed)
        {
            _isDisposed = true;
            foreach (var pinNumber in _pins.Keys)
            {
                ClosePin(pinNumber);
            }

            Blocking.Dispose(chip);
        }

        base.Dispose(disposing);
    }

    private HardwareGpioPin PinOf(int pinNumber) =>
        _pins.TryGetValue(pinNumber, out var pin) ? pin : throw new InvalidOperationException($"Pin {pinNumber} is not open.");
}
