"""Everything that needs TensorFlow: checkpoints, Inception V3, fine-tuning, autoencoders."""
