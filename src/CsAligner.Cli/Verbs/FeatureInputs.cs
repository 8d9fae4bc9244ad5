using CsAligner.Data.FeatureSets;
using CsAligner.Tensors;

namespace CsAligner.Cli.Verbs;

/// <summary>The two inputs that most verbs take: rows of two modalities, as wide as each other.</summary>
internal static class FeatureInputs
{
    public static (Tensor Images, Tensor Texts) ReadBoth(string imagesPath, string textsPath, bool raw)
    {
        Tensor images = FeatureFile.ReadRows(imagesPath, Modality.Image, raw);
        Tensor texts = FeatureFile.ReadRows(textsPath, Modality.Text, raw);
        RequireSameWidth(imagesPath, images, textsPath, texts);
        return (images, texts);
    }

    public static void RequireSameWidth(string firstPath, Tensor first, string secondPath, Tensor second)
    {
        if (first.Width != second.Width)
            throw new InputException($"cannot compare '{firstPath}' with '{secondPath}': rows of {first.Width} values against rows of {second.Width}; both must come from one space");
    }
}
