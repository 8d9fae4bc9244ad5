using System.Text.Json;
using System.Text.Json.Serialization;

namespace CsAligner.Generation.Training;

/// <summary>Lines of progress as JSON, without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(DecoderProgress))]
internal sealed partial class DecoderProgressJson : JsonSerializerContext;
