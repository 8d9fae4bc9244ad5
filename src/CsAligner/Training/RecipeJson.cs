using System.Text.Json.Serialization;
using CsAligner.Tensors.Formats;

namespace CsAligner.Training;

/// <summary>Recipes as JSON, without reflection. Unknown keys are errors: a misspelt option must not be silently ignored.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowTrailingCommas = true, ReadCommentHandling = System.Text.Json.JsonCommentHandling.Skip,
    Converters = [typeof(WholeInt32Converter), typeof(WholeInt64Converter), typeof(WholeUInt64Converter)])]
[JsonSerializable(typeof(PretrainRecipe))]
internal sealed partial class RecipeJson : JsonSerializerContext;
