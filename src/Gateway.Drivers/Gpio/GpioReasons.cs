namespace Gateway.Drivers.Gpio;

/// <summary>Why a GPIO point has no value.</summary>
internal static class GpioReasons
{
    /// <summary>The chip or a line cannot be had; the log says what to do.</summary>
    public const string Failed = "gpio-failed";

    /// <summary>The PWM channel cannot be had; the log says what to do.</summary>
    public const string PwmFailed = "pwm-failed";

    /// <summary>Nobody has set it yet.</summary>
    public const string NotSet = "not-set";
}
