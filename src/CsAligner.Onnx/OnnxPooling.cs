namespace CsAligner.Onnx;

/// <summary>How the features of a sequence's tokens become those of the sequence. Padding counts in none of them.</summary>
public enum OnnxPooling
{
    /// <summary>As the folder says (1_Pooling/config.json, the model's metadata, its family).</summary>
    Auto,

    /// <summary>The mean of the tokens.</summary>
    Mean,

    /// <summary>The first token: [CLS] of BERT, the class token of a ViT.</summary>
    Cls,

    /// <summary>The last token: of decoders that embed.</summary>
    Last,

    /// <summary>The largest value of each feature over the tokens.</summary>
    Max,

    /// <summary>The model's own pooled output, "pooler_output".</summary>
    Pooler,
}
