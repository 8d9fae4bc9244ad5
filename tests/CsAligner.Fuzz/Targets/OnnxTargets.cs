using System.Text;
using CsAligner.Models;
using CsAligner.Onnx;
using CsAligner.Tensors;

namespace CsAligner.Fuzz.Targets;

/// <summary>Folders of models in ONNX format, and what is computed with them. ONNX Runtime is not ours and cannot be instrumented; what
/// ends the process is found too (<see cref="Coverage.InstrumentedCopy"/>).</summary>
internal static class OnnxTargets
{
    private static readonly OnnxOptions Options = new() { Threads = 1 };

    // Batches of pictures as large as a graph may take, twice.
    private const long MostAllocated = 1L << 30;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly byte[] Preprocessing =
        Encoding.UTF8.GetBytes(
            """{"crop_size":{"height":8,"width":8},"do_center_crop":true,"do_normalize":true,"do_rescale":true,"do_resize":true,"image_mean":[0.5,0.4,0.3],"image_std":[0.2,0.2,0.2],"resample":3,"size":{"shortest_edge":8}}""");

    private static readonly byte[] Tokenizer =
        Encoding.UTF8.GetBytes(
            """{"model":{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"a":1,"photo":2,"cat":3}},"pre_tokenizer":{"type":"Whitespace"},"post_processor":{"type":"BertProcessing","sep":["]",15],"cls":["[",14]},"added_tokens":[{"id":14,"content":"["},{"id":15,"content":"]"}]}""");

    private static readonly string[] Texts = ["", "a photo", "a cat, a photo of a cat and a cat again and a cat again and more"];

    public static FuzzTarget Images { get; } = new()
    {
        Name = "onnx-images",
        Files = ["model.onnx", "preprocessor_config.json", "config.json", "weights.bin"],
        IsNative = true,
        MostTime = Patience,
        MostAllocated = MostAllocated,
        Run = Load,
        Words = ["location", "offset", "length", "weights.bin", "../x", "/etc/passwd", "dinov2", "vit", "siglip", "clip", "pooler_output",
            "last_hidden_state", "image_features", "pixel_values", "com.microsoft", "ai.onnx.ml", "reflect", "cubic"],
        Seeds = () => OnnxSeeds.Images()
            .Select(graph => new[] { graph, Preprocessing, """{"model_type":"dinov2"}"""u8.ToArray(), OnnxSeeds.External() }),
    };

    public static FuzzTarget Sentences { get; } = new()
    {
        Name = "onnx-texts",
        Files = ["model.onnx", "config.json", "tokenizer.json", "sentence_bert_config.json", "modules.json", "1_Pooling/config.json"],
        IsNative = true,
        MostTime = Patience,
        MostAllocated = MostAllocated,
        Run = Load,
        Words = ["input_ids", "attention_mask", "token_type_ids", "position_ids", "token_embeddings", "text_features", "pooler_output",
            "roberta", "siglip", "clip", "max_position_embeddings", "text_config", "pooling_mode_max_tokens",
            "pooling_mode_lasttoken", "Dense"],
        Seeds = () => OnnxSeeds.Texts().Select(graph => new[]
        {
            graph, """{"model_type":"bert","max_position_embeddings":16}"""u8.ToArray(), Tokenizer, """{"max_seq_length":12}"""u8.ToArray(),
            """[{"type":"sentence_transformers.models.Transformer","path":""},{"type":"sentence_transformers.models.Pooling","path":"1_Pooling"}]"""u8.ToArray(), """{"pooling_mode_cls_token":false,"pooling_mode_mean_tokens":true}"""u8.ToArray(),
        }),
    };

    public static FuzzTarget Clip { get; } = new()
    {
        Name = "onnx-clip",
        Files = ["onnx/vision_model.onnx", "onnx/text_model.onnx", "config.json", "preprocessor_config.json", "tokenizer.json"],
        IsNative = true,
        MostTime = Patience,
        MostAllocated = MostAllocated,
        Run = Load,
        Words = ["vision_model", "text_embeds", "image_embeds"],
        Seeds = () => OnnxSeeds.Images().Take(2)
            .Select(graph =>
                new[] { graph, OnnxSeeds.Texts().ElementAt(1),
                    """{"model_type":"clip","text_config":{"max_position_embeddings":16}}"""u8.ToArray(), Preprocessing, Tokenizer }),
    };

    private static void Load(string folder)
    {
        using var model = FrozenEncoders.Load(folder, Options);
        FuzzTarget.Require(model.Images is not null || model.Texts is not null, "it embeds images or texts");
        if (model.Texts is { } texts) RequireUnit(texts.EmbedTexts(Texts), Texts.Length, texts.Width);
        if (model.Images is { } images) RequireUnit(images.EmbedImages(2, (i, rgb) => rgb.Fill((byte)(100 + i))), 2, images.Width);
    }

    private static void RequireUnit(Tensor features, int rows, int width)
    {
        FuzzTarget.Require(features.Rows == rows && features.Width == width,
            "as many features as there are samples, of the width that was said");
        for (int row = 0; row < rows; row++)
        {
            double square = 0;
            foreach (float value in features.Span.Slice(row * width, width)) square += (double)value * value;
            FuzzTarget.Require(Math.Abs(square - 1) < 1e-3, "features have the length 1");
        }
    }
}
