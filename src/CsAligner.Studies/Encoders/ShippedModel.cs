namespace CsAligner.Studies.Encoders;

/// <summary>The models that ship with csalign, found by their names wherever csalign is installed.</summary>
internal static class ShippedModel
{
    /// <summary>The encoder of images and texts.</summary>
    public const string Name = "icon-clip";

    /// <summary>The decoder of its image embeddings.</summary>
    public const string Decoder = "icon-decoder";

    /// <summary>Resolves --model or --decoder: a local folder of that name takes precedence.</summary>
    public static string PathOf(string model) =>
        model is Name or Decoder && !Path.Exists(model) ? Path.Combine(AppContext.BaseDirectory, "models", model) : model;
}
