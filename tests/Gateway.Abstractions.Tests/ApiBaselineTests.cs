using System.Reflection;
using Gateway.Abstractions.Drivers;
using Gateway.TestSupport;

namespace Gateway.Abstractions.Tests;

/// <summary>
/// What plug-ins are built against is recorded. With <c>GATEWAY_WRITE_REFERENCE=1</c> the test writes the record, if the version of
/// Gateway.Abstractions has been raised as <see cref="ContractChange"/> says.
/// </summary>
public sealed class ApiBaselineTests
{
    private static readonly string Record = Path.Combine(Repository.Root, "tests", "data", "abstractions-api.txt");
    private static readonly NullabilityInfoContext Nullability = new();

    [Fact]
    public void The_contract_is_the_one_that_is_recorded()
    {
        var assembly = typeof(IDriver).Assembly;
        var contract = string.Join('\n', [$"Gateway.Abstractions {assembly.GetName().Version!.ToString(2)}", .. assembly.GetExportedTypes().SelectMany(Describe).Order(StringComparer.Ordinal)]) + "\n";
        var recorded = File.ReadAllText(Record);
        if (ContractChange.Refuse(recorded, contract) is { } refusal)
        {
            Assert.Fail(refusal);
        }

        if (Environment.GetEnvironmentVariable("GATEWAY_WRITE_REFERENCE") == "1")
        {
            File.WriteAllText(Record, contract);
            return;
        }

        Assert.True(recorded == contract, "The contract of plug-ins has a new version: write its record anew with GATEWAY_WRITE_REFERENCE=1 (tests/README.md).");
    }

    private static IEnumerable<string> Describe(Type type)
    {
        var name = Name(type);
        var bases = new[] { type.BaseType is { } parent && parent != typeof(object) ? parent : null }
            .Concat(type.GetInterfaces().Where(each => each.Assembly == type.Assembly))
            .OfType<Type>()
            .Select(Name)
            .Order(StringComparer.Ordinal)
            .ToList();
        yield return $"{name}{(bases.Count > 0 ? " : " + string.Join(", ", bases) : "")}{(type.IsSealed ? " sealed" : "")}{(type.IsAbstract && !type.IsInterface ? " abstract" : "")}";
        const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        foreach (var member in type.GetMembers(Declared).Where(IsVisible))
        {
            if (member switch
            {
                FieldInfo { IsLiteral: true } constant => $"const {Name(constant.FieldType)} {constant.Name} = {constant.GetRawConstantValue()}",
                FieldInfo field => $"{Name(field.FieldType)} {field.Name}",
                PropertyInfo property => Describe(property),
                ConstructorInfo constructor => $"new({Parameters(constructor)})",
                MethodInfo { IsSpecialName: false } method => $"{Static(method)}{Name(method.ReturnType)} {method.Name}({Parameters(method)}){(type.IsInterface && !method.IsAbstract ? " default" : "")}",
                _ => null,
            } is { } text)
            {
                yield return $"{name}: {text}";
            }
        }
    }

    private static string Describe(PropertyInfo property)
    {
        var setter = property.SetMethod is { } set && IsVisible(set)
            ? set.ReturnParameter.GetRequiredCustomModifiers().Any(modifier => modifier.Name == "IsExternalInit") ? " init" : " set"
            : "";
        var isRequired = property.IsDefined(typeof(System.Runtime.CompilerServices.RequiredMemberAttribute));
        var isNullable = !property.PropertyType.IsValueType && Nullability.Create(property).ReadState == NullabilityState.Nullable;
        return $"{Static(property.GetMethod!)}{(isRequired ? "required " : "")}{Name(property.PropertyType)}{(isNullable ? "?" : "")} {property.Name} {{ get{setter} }}";
    }

    private static bool IsVisible(MemberInfo member) => member switch
    {
        FieldInfo field => field is { IsPublic: true, IsSpecialName: false } or { IsFamily: true },
        PropertyInfo property => property.GetMethod is { } get && IsVisible(get),
        MethodBase method => method.IsPublic || method.IsFamily,
        _ => false,
    };

    private static string Static(MethodInfo method) => method.IsStatic ? "static " : "";

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(parameter =>
        $"{Name(parameter.ParameterType)}{(!parameter.ParameterType.IsValueType && Nullability.Create(parameter).WriteState == NullabilityState.Nullable ? "?" : "")} {parameter.Name}{(parameter.HasDefaultValue ? " = " + (parameter.DefaultValue ?? "null") : "")}"));

    private static string Name(Type type) => type switch
    {
        { IsGenericParameter: true } => type.Name,
        { IsByRef: true } => "ref " + Name(type.GetElementType()!),
        { IsArray: true } => Name(type.GetElementType()!) + "[]",
        { IsGenericType: true } => $"{type.FullName?.Split('`')[0] ?? type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>",
        _ => type.FullName ?? type.Name,
    };
}
