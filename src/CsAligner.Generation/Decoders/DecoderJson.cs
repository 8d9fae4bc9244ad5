using System.Text.Json;
using System.Text.Json.Serialization;
using CsAligner.Tensors.Formats;

namespace CsAligner.Generation.Decoders;

/// <summary>config.json of decoders, without reflection. An unknown key is an error, because ignoring it could change the result.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowTrailingCommas = true, ReadCommentHandling = JsonCommentHandling.Skip,
    Converters = [typeof(WholeInt32Converter), typeof(WholeInt64Converter), typeof(WholeUInt64Converter)])]
[JsonSerializable(typeof(DecoderConfig))]
internal sealed partial class DecoderJson : JsonSerializerContext;
