using System.Text.Json.Nodes;

namespace Gateway.TestSupport;

/// <summary>Python's <c>jsonschema</c>: a judge of schemas, and of documents by them.</summary>
public static class JsonSchemaValidator
{
    private const string Script = """
        import json, sys, jsonschema
        request = json.load(sys.stdin)
        jsonschema.Draft7Validator.check_schema(request["schema"])
        validator = jsonschema.Draft7Validator(request["schema"])
        for document in request["documents"]:
            error = next(validator.iter_errors(document), None)
            print("valid" if error is None else "invalid: " + str(error.message).replace("\n", " ")[:200])
        """;

    /// <summary>What it says of each document: <c>valid</c>, or <c>invalid: …</c>.</summary>
    public static async Task<IReadOnlyList<string>> JudgeAsync(string schema, IEnumerable<JsonNode?> documents)
    {
        var request = new JsonObject { ["schema"] = JsonNode.Parse(schema), ["documents"] = new JsonArray([.. documents.Select(document => document?.DeepClone())]) };
        await using var python = PeerProcess.Start(Peer.Python, ["-c", Script], request.ToJsonString());
        var exitCode = await python.WaitForExitAsync();
        return exitCode == 0 ? python.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries) : throw new InvalidOperationException(python.Output);
    }
}
