namespace Gateway.Abstractions.Definitions;

/// <summary>An expression over other points of a device, checked when the map was read. Immutable.</summary>
public interface ICalculation
{
    /// <summary>The expression as the map has it.</summary>
    string Text { get; }

    /// <summary>The names of the points that it needs, each once.</summary>
    IReadOnlyList<string> Inputs { get; }

    /// <summary>Makes what evaluates the expression.</summary>
    ICalculator CreateCalculator();
}

/// <summary>Evaluates one expression. Not thread-safe.</summary>
public interface ICalculator
{
    /// <summary>
    /// The value of the expression; <see cref="PointValue.None"/> if it has none: a division by zero, a text in a product, a limit reached. Never throws.
    /// </summary>
    /// <param name="inputs">The published values of <see cref="ICalculation.Inputs"/>, in their order.</param>
    PointValue Evaluate(ReadOnlySpan<PointValue> inputs);
}
