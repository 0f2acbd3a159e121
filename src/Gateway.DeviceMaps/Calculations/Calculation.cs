using Acornima;
using Acornima.Ast;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.DeviceMaps.Schema;
using Jint;
using Jint.Native;
using Jint.Runtime;

namespace Gateway.DeviceMaps.Calculations;

/// <summary>What is wrong with an expression, and where in its text.</summary>
/// <param name="Index">The character, from 0.</param>
/// <param name="Message">The end of a sentence.</param>
internal readonly record struct CalculationFault(int Index, string Message);

/// <summary>
/// An expression in JavaScript, of which only what calculates is allowed: it has no loops, no functions of its own and no side effects,
/// so that its length bounds its time and memory. Immutable.
/// </summary>
internal sealed class Calculation : ICalculation
{
    /// <summary>The longest expression, in characters.</summary>
    public const int MaxLength = 1000;

    private const int MaxDepth = 100;

    // By name, and not whatever the object has: each object has functions that change it, and the next expression sees that.
    private static readonly string[] Constants = ["E", "LN10", "LN2", "LOG10E", "LOG2E", "PI", "SQRT1_2", "SQRT2"];
    private static readonly string[] Functions =
    [
        "abs", "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "ceil", "clz32", "cos", "cosh", "exp", "expm1", "floor", "fround", "hypot", "imul",
        "log", "log10", "log1p", "log2", "max", "min", "pow", "random", "round", "sign", "sin", "sinh", "sqrt", "tan", "tanh", "trunc",
    ];

    private readonly Prepared<Script> _program;

    private Calculation(string text, in Prepared<Script> program, IReadOnlyList<string> inputs)
    {
        (Text, _program, Inputs) = (text, program, inputs);
    }

    public string Text { get; }

    public IReadOnlyList<string> Inputs { get; }

    /// <summary>Reads an expression.</summary>
    /// <param name="text">What the map says.</param>
    /// <param name="refuse">Why a name cannot be used, the end of a sentence; null if it can.</param>
    /// <param name="fault">What is wrong, if the result is null.</param>
    public static Calculation? Parse(string text, Func<string, string?> refuse, out CalculationFault fault)
    {
        if (text.Length > MaxLength)
        {
            fault = new(0, $"it is longer than {MaxLength} characters");
            return null;
        }

        Prepared<Script> program;
        try
        {
            program = Engine.PrepareScript(text);
        }
        catch (ScriptPreparationException exception) when (exception.InnerException is ParseErrorException { Error: { } error })
        {
            fault = new(Math.Clamp(error.Index, 0, text.Length), Reword(error.Description));
            return null;
        }

        if (program.Program!.Body.ToArray() is not [ExpressionStatement { Expression: var expression }])
        {
            fault = new(0, "it must be one expression, such as voltage * current");
            return null;
        }

        var walk = new Walk(refuse);
        walk.Visit(expression, 0);
        if (walk.Fault is null && walk.Inputs.Count == 0)
        {
            walk.Refuse(expression, "it needs at least one point of the device");
        }

        fault = walk.Fault ?? default;
        return walk.Fault is null ? new Calculation(text, program, walk.Inputs) : null;
    }

    public ICalculator CreateCalculator() => new Calculator(this);

    private static string Reword(string parserMessage)
    {
        const string Token = "Unexpected token ";
        return parserMessage.StartsWith(Token, StringComparison.Ordinal)
            ? $"{parserMessage[Token.Length..]} is not expected here"
            : string.Concat(parserMessage[..1].ToLowerInvariant(), parserMessage.AsSpan(1).TrimEnd('.'));
    }

    /// <summary>Looks at every part of an expression, and stops at the first that is not allowed.</summary>
    private sealed class Walk(Func<string, string?> refuse)
    {
        public List<string> Inputs { get; } = [];

        public CalculationFault? Fault { get; private set; }

        public void Refuse(Node node, string message) => Fault ??= new(node.Start, message);

        public void Visit(Expression node, int depth)
        {
            if (depth > MaxDepth)
            {
                Refuse(node, "it is nested too deeply");
            }

            if (Fault is not null)
            {
                return;
            }

            switch (node)
            {
                case NumericLiteral or StringLiteral or BooleanLiteral or NullLiteral:
                    break;
                case Identifier identifier:
                    Add(identifier);
                    break;
                case NonUpdateUnaryExpression { Operator: Operator.UnaryPlus or Operator.UnaryNegation or Operator.LogicalNot or Operator.BitwiseNot } unary:
                    Visit(unary.Argument, depth + 1);
                    break;
                case BinaryExpression { Operator: not (Operator.InstanceOf or Operator.In) } binary:
                    Visit(binary.Left, depth + 1);
                    Visit(binary.Right, depth + 1);
                    break;
                case ConditionalExpression conditional:
                    Visit(conditional.Test, depth + 1);
                    Visit(conditional.Consequent, depth + 1);
                    Visit(conditional.Alternate, depth + 1);
                    break;
                case MemberExpression { Computed: false, Object: Identifier { Name: "Math" }, Property: Identifier constant }:
                    CheckMember(constant, Constants);
                    break;
                case CallExpression { Callee: MemberExpression { Computed: false, Object: Identifier { Name: "Math" }, Property: Identifier function } } call:
                    CheckMember(function, Functions);
                    foreach (ref readonly var argument in call.Arguments.AsSpan())
                    {
                        Visit(argument, depth + 1);
                    }

                    break;
                default:
                    Refuse(node, "only + - * / %, comparisons, && || !, ? : and the functions of Math are allowed");
                    break;
            }
        }

        private void CheckMember(Identifier member, string[] names)
        {
            if (!names.Contains(member.Name))
            {
                Refuse(member, $"Math has no {(names == Functions ? "function" : "constant")} '{member.Name}'{NearMiss.Suggest(member.Name, names)}");
            }
        }

        private void Add(Identifier identifier)
        {
            if (identifier.Name is "undefined" or "NaN" or "Infinity")
            {
                return;
            }

            if (refuse(identifier.Name) is { } reason)
            {
                Refuse(identifier, reason);
            }
            else if (!Inputs.Contains(identifier.Name))
            {
                Inputs.Add(identifier.Name);
            }
        }
    }

    /// <summary>
    /// An engine and the values of the expression's names in it. Engines are kept per thread and shared by all expressions: none can leave
    /// anything behind but the names that it sets itself.
    /// </summary>
    private sealed class Calculator(Calculation calculation) : ICalculator
    {
        private const int MaxStatements = 1000;

        [ThreadStatic]
        private static Engine? _engine;

        public PointValue Evaluate(ReadOnlySpan<PointValue> inputs)
        {
            var engine = _engine ??= new Engine(options => options.LimitRecursion(MaxDepth).MaxStatements(MaxStatements).Strict());
            for (var i = 0; i < inputs.Length; i++)
            {
                engine.SetValue(calculation.Inputs[i], ToJavaScript(inputs[i]));
            }

            try
            {
                return FromJavaScript(engine.Evaluate(calculation._program));
            }
            catch (Exception exception) when (exception is JavaScriptException or StatementsCountOverflowException or RecursionDepthOverflowException)
            {
                return PointValue.None;
            }
        }

        private static JsValue ToJavaScript(PointValue value) => value.Kind switch
        {
            PointValueKind.None => JsValue.Undefined,
            PointValueKind.Boolean => value.AsBoolean ? JsBoolean.True : JsBoolean.False,
            PointValueKind.Text or PointValueKind.List => new JsString(value.ToString()),
            PointValueKind.Single or PointValueKind.Double when !value.TryGetNumber(out _) => new JsNumber(value.Kind == PointValueKind.Single ? value.AsSingle : value.AsDouble),
            _ => new JsNumber(value.TryGetNumber(out var number) ? (double)number : double.NaN),
        };

        // Fifteen digits are what a double is sure of: 0.1 + 0.2 is published as 0.3.
        private static PointValue FromJavaScript(JsValue value)
        {
            if (value.IsBoolean())
            {
                return PointValue.From(value.AsBoolean());
            }

            if (value.IsString())
            {
                return PointValue.From(value.AsString());
            }

            var number = value.IsNumber() ? value.AsNumber() : double.NaN;
            return !double.IsFinite(number) ? PointValue.None
                : Math.Abs(number) < (double)decimal.MaxValue ? PointValue.From((decimal)number)
                : PointValue.From(number);
        }
    }
}
