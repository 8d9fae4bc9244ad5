using System.Text.Json.Serialization;

namespace CsAligner.Training;

/// <summary>Lines of training logs as JSON, without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(PretrainStep))]
internal sealed partial class LogJson : JsonSerializerContext;
