using System.Text.Json.Serialization;

namespace CsAligner.Training;

/// <summary>Recipes as JSON, without reflection. Unknown keys are errors: a misspelt option must not be silently ignored.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(PretrainRecipe))]
internal sealed partial class RecipeJson : JsonSerializerContext;
