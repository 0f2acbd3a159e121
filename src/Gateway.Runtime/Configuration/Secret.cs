namespace Gateway.Runtime.Configuration;

/// <summary>A password. Whatever prints it prints three dots. Immutable.</summary>
public sealed class Secret(string value)
{
    /// <summary>The password itself.</summary>
    public string Reveal() => value;

    /// <summary>Three dots.</summary>
    public override string ToString() => "…";
}
