using System.Text.Json;
using System.Text.Json.Serialization;

namespace CsAligner.Generation.Training;

/// <summary>Recipes as JSON, without reflection. Unknown keys are errors: a misspelt option must not be silently ignored.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(DecoderRecipe))]
internal sealed partial class DecoderRecipeJson : JsonSerializerContext;
