using System.Text.Json;
using System.Text.Json.Serialization;

namespace CsAligner.Generation.Decoders;

/// <summary>config.json of decoders, without reflection. An unknown key is an error: what is not understood must not be ignored.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(DecoderConfig))]
internal sealed partial class DecoderJson : JsonSerializerContext;
