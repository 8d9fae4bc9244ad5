using System.Text.Json.Serialization;

namespace CsAligner.Benchmarks.Matmul;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = false)]
[JsonSerializable(typeof(MatmulRun))]
[JsonSerializable(typeof(IReadOnlyList<MatmulRun>))]
internal sealed partial class MatmulJson : JsonSerializerContext;
