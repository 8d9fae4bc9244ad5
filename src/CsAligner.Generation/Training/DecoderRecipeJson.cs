using System.Text.Json;
using System.Text.Json.Serialization;
using CsAligner.Tensors.Formats;

namespace CsAligner.Generation.Training;

/// <summary>Recipes as JSON, without reflection. Unknown keys are errors: a misspelt option must not be silently ignored.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowTrailingCommas = true, ReadCommentHandling = JsonCommentHandling.Skip,
    Converters = [typeof(WholeInt32Converter), typeof(WholeInt64Converter), typeof(WholeUInt64Converter)])]
[JsonSerializable(typeof(DecoderRecipe))]
internal sealed partial class DecoderRecipeJson : JsonSerializerContext;
