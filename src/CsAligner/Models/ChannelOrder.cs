namespace CsAligner.Models;

/// <summary>The order in which a model takes the channels of a picture.</summary>
public enum ChannelOrder
{
    /// <summary>Red, green, blue: nearly all.</summary>
    Rgb,

    /// <summary>Blue, green, red: models of Caffe and CNTK, and of OpenCV's users.</summary>
    Bgr,
}
